// SPDX-License-Identifier: Apache-2.0
// What every GoogleTest program reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
