# SPDX-License-Identifier: MIT
# The docker driver's streams against a private Docker Engine and registry: make docker-check. Linux only, as the
# private engine is. VALGRIND=1 runs them under valgrind.
ifeq ($(PLATFORM),linux)
docker_tests := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/docker/test_*.c)))
docker_test_objects := $(patsubst %.c,$(OUT)/%.o,$(filter-out tests/docker/test_%,$(wildcard tests/docker/*.c)))

.PHONY: docker-tests docker-check
docker-tests: $(docker_tests)

$(docker_tests): %: %.o $(docker_test_objects) $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CMOCKA) $(LIBS)

docker-check: $(docker_tests)
	@tests/docker/run tests/check "$(if $(VALGRIND),valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite$(comma)indirect)" $(docker_tests)
endif
