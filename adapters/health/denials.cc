// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/law.h"
#include "adapters/health/sector.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;
using law::kBiometrics;
using law::kEthnicity;
using law::kOthers;

// Care providers say who is registered with them, and nothing of what for.
constexpr std::string_view kPregnancy =
    "pregnancy and birth: Basic Healthcare Law art. 92, PIPL art. 28 / "
    "孕产与分娩：基本医疗卫生与健康促进法第九十二条、个人信息保护法第二十八条";
constexpr std::string_view kTreatment =
    "medical treatment: Basic Healthcare Law art. 92, PIPL art. 28 / "
    "诊疗：基本医疗卫生与健康促进法第九十二条、个人信息保护法第二十八条";
constexpr std::string_view kGender =
    "gender identity: PIPL art. 28 / 性别认同：个人信息保护法第二十八条";

// Names are compared in upper case, those of FHIR too.
constexpr Denial kDenials[] = {
    // Elements of a Patient in FHIR R4, and extensions by what they are called.
    {kPrefix, "MULTIPLEBIRTH", kPregnancy},
    {kPrefix, "CONTACT.", kOthers},
    {kPrefix, "CONTACT[", kOthers},
    {kWhole, "CONTACT", kOthers},
    {kPrefix, "LINK", kOthers},
    {kPrefix, "PHOTO", kBiometrics},
    {kPrefix, "GENERALPRACTITIONER", kTreatment},
    {kPart, "GESTATION", kPregnancy},
    {kPart, "MOTHERSMAIDENNAME", kOthers},
    {kPart, "GENDERIDENTITY", kGender},
    {kPart, "DISABILIT", kTreatment},
    {kPart, "2.16.156.10011.2.3.3.3]", kEthnicity},
    {kPart, "-RACE]", kEthnicity},
    // Resources beside it.
    {kPrefix, "OBSERVATION", kTreatment},
    {kPrefix, "CONDITION", kTreatment},
    {kPrefix, "ENCOUNTER", kTreatment},
    {kPrefix, "PROCEDURE", kTreatment},
    {kPrefix, "MEDICATION", kTreatment},
    {kPrefix, "IMMUNIZATION", kTreatment},
    {kPrefix, "ALLERGYINTOLERANCE", kTreatment},
    {kPrefix, "EPISODEOFCARE", kTreatment},
    {kPrefix, "FAMILYMEMBERHISTORY", kTreatment},
    {kPrefix, "RELATEDPERSON", kOthers},
    // Columns of maternal, child and clinical systems.
    {kPart, "BIRTHCERT", kPregnancy},
    {kPart, "BIRTH_CERT", kPregnancy},
    {kPart, "DELIVERY", kPregnancy},
    {kPart, "NEWBORN", kPregnancy},
    {kPart, "GRAVID", kPregnancy},
    {kWhole, "PARITY", kPregnancy},
    {kWhole, "LMP", kPregnancy},
    {kWhole, "EDD", kPregnancy},
    {kPart, "分娩", kPregnancy},
    {kPart, "产次", kPregnancy},
    {kPart, "胎", kPregnancy},
    {kPart, "产妇", kPregnancy},
    {kPart, "产检", kPregnancy},
    {kPart, "预产", kPregnancy},
    {kPart, "末次月经", kPregnancy},
    {kPart, "新生儿", kPregnancy},
    {kPart, "出生医学证明", kPregnancy},
    {kPart, "病", kTreatment},
    {kPart, "手术", kTreatment},
    {kPart, "用药", kTreatment},
    {kPart, "过敏", kTreatment},
    {kPart, "残疾", kTreatment},
    {kPart, "血型", kTreatment},
    {kPart, "母亲", kOthers},
    {kPart, "父亲", kOthers},
    {kPart, "联系人", kOthers},
};

constexpr Sector kSector{"health", kDenials};

}  // namespace

const Sector& Health() { return kSector; }

}  // namespace waystation::adapters
