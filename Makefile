# SPDX-License-Identifier: MIT
# make                                the program, ./wincompose
# make check                          unit, golden and replay tests
# make CC=clang check                 with another compiler
# make SAN=address,undefined check    with sanitizers
# make CROSS=x86_64-w64-mingw32- ...  for Windows: ./wincompose.exe, tests under Wine
# make conformance                    every engine's tests, against a real one
# make pipe-conformance               the same over a named pipe of Windows, under Wine
# make netns-check                    networks of Linux, in namespaces of the test's own; as root
# make dist-windows                   what a Windows user is given: build/dist
# make valgrind | layers | format | golden | fuzz TIME=60 | scenario | bench | soak

VERSION := 0.1.0

# --- the platform, by the name that source files carry: x.linux.c, x.windows.c
CROSS ?=
ifeq ($(CROSS),)
PLATFORM := linux
EXE :=
RUN :=
else
PLATFORM := windows
EXE := .exe
RUN := $(CURDIR)/tests/wine
ifeq ($(origin CC),default)
CC := $(CROSS)gcc
endif
AR := $(CROSS)gcc-ar
endif
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
SAN ?=

# --- objects of each compiler and sanitizer live in a folder of their own
comma := ,
FLAVOUR := $(notdir $(CC))$(if $(SAN),-$(subst $(comma),-,$(SAN)))
BUILD ?= build
OUT := $(BUILD)/$(FLAVOUR)

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla \
	-Wno-missing-field-initializers -Werror
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DWINCOMPOSE_VERSION='"$(VERSION)"' -I. $(WARNINGS) $(CFLAGS) \
	-MMD -MP $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer) $(PLATFORM_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))

# The libraries: the system's packages, or for Windows what base/cross/libraries built.
ifeq ($(PLATFORM),linux)
# libcurl is loaded by the first request: engine/libcurl.h.
LIBS := -luv -lcjson -lyaml -lnettle -lpthread -ldl -lm
TEST_LIBS := -lseccomp
CMOCKA := -lcmocka
else
ifndef SYSROOT
SYSROOT := $(shell base/cross/libraries --prefix)
endif
PLATFORM_CFLAGS := -D__USE_MINGW_ANSI_STDIO=1 -D_WIN32_WINNT=0x0A00 -DWIN32_LEAN_AND_MEAN \
	-DCURL_STATICLIB -DYAML_DECLARE_STATIC -DCJSON_HIDE_SYMBOLS -isystem $(SYSROOT)/include
# The same objects give the same program: no time of its making in it.
LDFLAGS += -L$(SYSROOT)/lib -static -Wl,--no-insert-timestamp
LIBRARIES := $(SYSROOT)/versions
LIBS := -lcurl -luv -lcjson -lyaml -lz -lcrypt32 -lsecur32 -lws2_32 -liphlpapi -lpsapi -luserenv \
	-lbcrypt -ldbghelp -lole32 -luuid -ladvapi32 -lshell32 -luser32
CMOCKA := -lcmocka
endif

# --- sources, found by wildcard; the platform's files by their names
folders := base netns $(if $(filter linux,$(PLATFORM)),netns/linux) engine $(wildcard engine/*/) compose $(wildcard compose/*/)
# The embedded engine is Linux' alone.
ifneq ($(PLATFORM),linux)
folders := $(filter-out engine/linux/,$(folders))
endif
other := $(if $(filter linux,$(PLATFORM)),windows,linux)
sources := $(filter-out %.$(other).c,$(sort $(wildcard $(addsuffix /*.c,$(folders:/=)))))
main := compose/cli/main.c
init := engine/linux/init.c
# A network's process on Linux is a program of its own, with libraries of its own: docs/design.md.
net_main := netns/linux/main.c
library := $(OUT)/wincompose.a
objects := $(patsubst %.c,$(OUT)/%.o,$(filter-out $(main) $(init) $(net_main),$(sources)))
main_object := $(patsubst %.c,$(OUT)/%.o,$(wildcard $(main)))
program := $(OUT)/wincompose$(EXE)

unit_sources := $(filter-out %.$(other).c,$(sort $(wildcard tests/unit/test_*.c)))
unit_tests := $(patsubst %.c,$(OUT)/%$(EXE),$(unit_sources))

# Several run at once: what takes longest begins first, so that it does not end last.
slow_tests := $(patsubst %,$(OUT)/tests/unit/test_%$(EXE),supervisor_faults plan fallback supervisor)
slowest_first = $(slow_tests) $(filter-out $(slow_tests),$(unit_tests))

.PHONY: all check unit layers format valgrind golden fuzz scenario clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(if $(main_object),wincompose$(EXE)) $(library) $(if $(filter linux,$(PLATFORM)),wincompose-init)

# The program that the last make built stands at the top; a cp keeps a running one intact.
wincompose$(EXE): $(program)
	@cp -f $< $@.new && mv -f $@.new $@

$(program): $(main_object) $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# The second program, which the embedded engine starts for each container: it stands beside the first, and has only what
# it needs.
ifeq ($(PLATFORM),linux)
INIT_LIBS := -lcjson -lseccomp

wincompose-init: $(OUT)/wincompose-init
	@cp -f $< $@.new && mv -f $@.new $@

$(OUT)/wincompose-init: $(patsubst %.c,$(OUT)/%.o,$(init)) $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(INIT_LIBS)
endif

$(library): $(objects)
	@rm -f $@
	$(AR) rcs $@ $^

# Built on first use; nothing depends on their age.
$(OUT)/%.o: %.c | $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(OUT)/tests/unit/%$(EXE): $(OUT)/tests/unit/%.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CMOCKA) $(LIBS) $(TEST_LIBS)

ifdef LIBRARIES
$(LIBRARIES):
	@base/cross/libraries >/dev/null
endif

# --- gates
unit: $(unit_tests)

check: all unit layers
	@tests/check "$(RUN)" $(slowest_first)

valgrind: unit
	@tests/check "valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect --child-silent-after-fork=yes" $(slowest_first)

layers:
	@tests/layers

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

# On Windows itself, RUN= has no Wine run the program.
.PHONY: dist-windows
ifeq ($(PLATFORM),windows)
dist-windows: $(program)
	@RUNNER="$(RUN)" SYSROOT=$(SYSROOT) base/cross/dist $(VERSION) $< $(BUILD)/dist
else
dist-windows:
	@$(MAKE) -s CROSS=x86_64-w64-mingw32- $@
endif

clean:
	rm -rf $(BUILD) wincompose wincompose-init wincompose.exe

-include $(wildcard tests/*.mk)
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
