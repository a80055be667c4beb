// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/law.h"
#include "adapters/public_security/sector.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;
using law::kBiometrics;
using law::kFertility;
using law::kOthers;
using law::kRepealed;

// The page of the floating population had columns of the family planning of
// old beside the person's own (domain facts 0.2), and holds other people.
constexpr Denial kDenials[] = {
    {kPrefix, "SFSY", kFertility},     // 是否生育
    {kPrefix, "SYZN_", kFertility},    // 生育子女：男、女
    {kWhole, "SFCQJYCS", kFertility},  // 是否采取节育措施
    {kWhole, "HYZMBH", kRepealed},     // 婚育证明编号
    {kWhole, "FZ", kOthers},           // 房主
    {kPrefix, "FZ_", kOthers},
    {kPrefix, "DWFZR", kOthers},  // 单位负责人
    {kPrefix, "TBRXM", kOthers},  // 填报人姓名
    {kPrefix, "FQ", kOthers},     // 父亲
    {kPrefix, "MQ", kOthers},     // 母亲
    {kWhole, "ZP", kBiometrics},  // 照片
    {kPrefix, "ZPXX", kBiometrics},
    {kPrefix, "ZWXX", kBiometrics},  // 指纹信息
};

constexpr Sector kSector{"public_security", kDenials};

}  // namespace

const Sector& PublicSecurity() { return kSector; }

}  // namespace waystation::adapters
