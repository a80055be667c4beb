// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/postgres_medium.h"

namespace waystation::conformance {
namespace {

WAYSTATION_CONFORMS(Postgres, &MakePostgres);

}  // namespace
}  // namespace waystation::conformance
