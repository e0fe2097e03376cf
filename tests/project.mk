# SPDX-License-Identifier: MIT
# Golden cases of the project loader: tests/project/<case>/, compared by tests/project/run.

show := $(OUT)/tests/project/show$(EXE)

$(show): $(OUT)/tests/project/show.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
