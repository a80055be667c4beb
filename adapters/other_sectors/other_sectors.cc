// SPDX-License-Identifier: Apache-2.0
#include "adapters/other_sectors/other_sectors.h"

#include <algorithm>

#include "adapters/framework/mapping/law.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;
using law::kOthers;

// A register of houses says where dwellings stand. Who rents one is nobody
// else's business, and landlords report in one direction (domain facts 1.1).
constexpr std::string_view kTenant =
    "a tenant: PIPL art. 6 and 28; addresses only / "
    "承租人：个人信息保护法第六条、第二十八条；仅交换地址";

constexpr Denial kHousing[] = {
    {kPrefix, "CZR", kTenant},     // 承租人
    {kPrefix, "CZF", kTenant},     // 承租方
    {kPrefix, "ZKXM", kTenant},    // 租客
    {kPrefix, "ZKSF", kTenant},    // 租客身份证
    {kPrefix, "ZHXM", kTenant},    // 租户
    {kPrefix, "FKXM", kTenant},    // 房客
    {kPrefix, "RZR", kTenant},     // 入住人
    {kPrefix, "TZR", kTenant},     // 同住人
    {kPart, "TENANT", kTenant},    // TENANT_NAME
    {kPart, "RENTER", kTenant},    // RENTER_ID
    {kPart, "LESSEE", kTenant},    // LESSEE_PHONE
    {kPart, "OCCUPANT", kTenant},  // OCCUPANTS
    {kPart, "承租", kTenant},      // 承租人姓名
    {kPart, "租客", kTenant},      // 租客姓名
    {kPart, "租户", kTenant},      // 租户身份证
    {kPart, "房客", kTenant},      // 房客姓名
    {kPart, "入住人", kTenant},    // 实际入住人
    {kPart, "同住人", kTenant},    // 同住人姓名
};

// A school knows families; it speaks of the pupil.
constexpr Denial kEducation[] = {
    {kPrefix, "FQ", kOthers},    // 父亲
    {kPrefix, "MQ", kOthers},    // 母亲
    {kPart, "父亲", kOthers},    // 父亲姓名
    {kPart, "母亲", kOthers},    // 母亲姓名
    {kPart, "PARENT", kOthers},  // PARENT_NAME
};

constexpr Sector kSectors[] = {
    {"education", kEducation}, {"housing", kHousing},     {"transport", {}},
    {"agriculture", {}},       {"womens_federation", {}},
};

}  // namespace

std::span<const Sector> OtherSectors() { return kSectors; }

const Sector* FindOtherSector(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kSectors), std::end(kSectors),
                   [&](const Sector& sector) { return sector.name == name; });
  return found == std::end(kSectors) ? nullptr : found;
}

}  // namespace waystation::adapters
