/* SPDX-License-Identifier: MIT */
/* bind -- the structures of project.h are made from the canonical tree
 *
 * The last step of loading, and the only one of restoring. The tree has been checked, or was saved
 * from one that was; what does not fit is left out, so that no tree can do harm here.
 */
#pragma once

struct project;

void bind_project(struct project *project);
