// SPDX-License-Identifier: Apache-2.0
// Memory for libraries of Debian that have no instrumentation: each block ends
// where the next byte cannot be touched, so that reading or writing past it
// ends the process there and then, whatever compiled the code that does it. A
// block that was freed cannot be touched either. What is written before a block
// is found when it is freed.
//
//     shapelib   is linked against these in place of malloc and its like
//     OpenSSL    is told to use them (GuardOpenSsl)
#ifndef TESTS_FUZZ_GUARDED_MEMORY_H_
#define TESTS_FUZZ_GUARDED_MEMORY_H_

#include <cstddef>

extern "C" {
void* GuardedMalloc(std::size_t size);
void* GuardedCalloc(std::size_t count, std::size_t size);
void* GuardedRealloc(void* block, std::size_t size);
void GuardedFree(void* block);
}

#endif  // TESTS_FUZZ_GUARDED_MEMORY_H_
