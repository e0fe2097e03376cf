/* SPDX-License-Identifier: MIT */
/* manifest -- what a registry, a layout or an archive says an image is made of, judged
 *
 * The OCI image specification 1.1 (manifest.md, image-index.md, config.md, descriptor.md) and
 * Docker's schema 2 (distribution: docs/spec/manifest-v2-2.md), which differ in media types only.
 * Everything here comes from strangers: a document is taken when it is wholly understood, and what is
 * not is ERROR_INVALID (it is wrong) or ERROR_UNSUPPORTED (schema 1, artifacts, other digests than
 * SHA-256), with the place in the document. Pure: bytes in, values out. The digest of the bytes is
 * their bringer's matter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "engine/image/platform.h"
#include "engine/model.h"

struct error;

enum {
	MANIFEST_MAX = 4 << 20,        /* bytes of a manifest or an index */
	MANIFEST_CONFIG_MAX = 8 << 20, /* bytes of a config */
	MANIFEST_ITEMS_MAX = 500,      /* layers, as overlayfs takes; manifests of an index */
};

/* The value of an Accept header that asks for what manifest_parse understands. */
#define MANIFEST_ACCEPT                                                                            \
	"application/vnd.oci.image.manifest.v1+json, "                                             \
	"application/vnd.docker.distribution.manifest.v2+json, "                                   \
	"application/vnd.oci.image.index.v1+json, "                                                \
	"application/vnd.docker.distribution.manifest.list.v2+json"

#define MANIFEST_TYPE_IMAGE  "application/vnd.oci.image.manifest.v1+json"
#define MANIFEST_TYPE_INDEX  "application/vnd.oci.image.index.v1+json"
#define MANIFEST_TYPE_CONFIG "application/vnd.oci.image.config.v1+json"
#define MANIFEST_TYPE_LAYER  "application/vnd.oci.image.layer.v1.tar"

enum manifest_kind { MANIFEST_IMAGE, MANIFEST_INDEX };
enum manifest_packing { MANIFEST_PLAIN, MANIFEST_GZIP, MANIFEST_ZSTD };

/* A descriptor: of a config, a layer, or a manifest of an index. */
struct manifest_blob {
	char *digest;                  /* sha256:... */
	char *type;                    /* media type */
	int64_t size;                  /* bytes, exactly */
	enum manifest_packing packing; /* of a layer */
	bool foreign;                  /* a layer that registries need not have */
	bool has_platform;
	struct platform platform; /* normal; of an index's manifest */
	char *name;               /* of an index's manifest: io.containerd.image.name, else
		       org.opencontainers.image.ref.name; or NULL */
};

/* The zero value is valid to drop. */
struct manifest {
	enum manifest_kind kind;
	char *type;                        /* its media type */
	struct manifest_blob config;       /* MANIFEST_IMAGE */
	ARRAY(struct manifest_blob) items; /* layers, the lowest first; or manifests */
};

/* type: what the bringer calls it (a Content-Type without parameters, a descriptor's mediaType), or
 * NULL. Where the document says it too, both must say the same; a document that can be read as both
 * kinds is refused (GHSA-5j5w-g665-5m35). */
int manifest_parse(const char *bytes, size_t len, const char *type, struct manifest *ret,
		   struct error **err);
void manifest_drop(struct manifest *manifest); /* leaves the zero value */

/* The manifest of an index that suits best. A manifest without a platform is taken where it is the
 * only one. Borrowed. ERROR_NOT_FOUND lists the platforms that there are. */
int manifest_choose(const struct manifest *index, const struct platform *wanted,
		    const struct manifest_blob **ret, struct error **err);

/* Whether it is sha256: and 64 lower-case hex digits. */
bool manifest_is_digest(const char *string);

/* What an image's config says. The zero value is valid to drop. */
struct manifest_config {
	/* id, tags, digests and tagged are the store's matter and NULL; size is 0. Labels that only
	 * we may set (com.docker.compose.*, wincompose.*) are left out. */
	struct image image;
	char *variant;
	char **diff_ids; /* of the layers unpacked, the lowest first; NULL-ended */
	char **env;      /* K=V, NULL-ended or NULL */
	char **ports;    /* 80/tcp, NULL-ended or NULL */
	char *user, *working_dir, *stop_signal; /* or NULL */
};

/* layers: of the manifest; there must be as many diff_ids. */
int manifest_config_parse(const char *bytes, size_t len, size_t layers, struct manifest_config *ret,
			  struct error **err);
void manifest_config_drop(struct manifest_config *config);
