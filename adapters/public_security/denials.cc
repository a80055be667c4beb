// SPDX-License-Identifier: Apache-2.0
#include "adapters/public_security/sector.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;

// The page of the floating population had columns of the family planning of
// old beside the person's own (domain facts 0.2), and holds other people.
constexpr std::string_view kFertility =
    "fertility: Women's Rights Protection Law 2022 art. 43, PIPL art. 28 / "
    "生育：妇女权益保障法第四十三条、个人信息保护法第二十八条";
constexpr std::string_view kRepealed =
    "family planning papers: Decree 555, repealed in 2021 / "
    "计划生育证明：国务院令第555号，2021年废止";
constexpr std::string_view kOthers =
    "another person's name or number: PIPL art. 6 / "
    "他人姓名或号码：个人信息保护法第六条";
constexpr std::string_view kBiometrics =
    "biometrics: PIPL art. 28 / 生物识别信息：个人信息保护法第二十八条";

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
