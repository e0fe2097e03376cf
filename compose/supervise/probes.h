/* SPDX-License-Identifier: MIT */
/* probes -- one runner for each running container whose service has a probe */
#pragma once

#include "compose/project/project.h"
#include "engine/engine.h"

struct probes;

struct probes *probes_open(struct engine *engine,
			   void (*changed)(const char *container, enum container_health health,
					   const char *why, void *payload),
			   void *payload);
/* Starts and ends runners so that they fit what runs. project NULL: none. */
void probes_sync(struct probes *probes, const struct project *project,
		 const struct observed *observed);
/* A container ended or is being restarted: its runner ends, its health is forgotten. */
void probes_forget(struct probes *probes, const char *container);
/* HEALTH_NONE: its service has no probe. STARTING until the runner knows more. */
enum container_health probes_health(const struct probes *probes, const struct project *project,
				    const char *container);
void probes_close(struct probes *probes, void (*closed)(void *payload), void *payload);
