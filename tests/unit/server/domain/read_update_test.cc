// SPDX-License-Identifier: Apache-2.0
#include "server/domain/read_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "google/protobuf/text_format.h"
#include "server/domain/meaning.h"
#include "tests/unit/server/domain/fixtures.h"

namespace waystation::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Woman() { return DemoNumber("19900307", 42); }

ReadResult ReadText(std::string_view text) {
  v1::Update update;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(std::string(text), &update))
      << text;
  return Read(update.SerializeAsString(), kOptions);
}

// "field reason" of each violation.
std::vector<std::string> Refusals(const ReadResult& result) {
  std::vector<std::string> list;
  for (const v1::Violation& violation : result.violations) {
    list.push_back(violation.field() + " " + violation.reason());
    EXPECT_FALSE(violation.rule().empty()) << violation.field();
  }
  return list;
}

std::vector<std::string> Grades(const ReadUpdate& update) {
  std::vector<std::string> list;
  for (const v1::GradedField& graded : update.grades) {
    list.push_back(graded.field() + " " + v1::Grade_Name(graded.grade()));
  }
  return list;
}

// A claim's value after normalisation, and its grade.
TEST(Read, NormalisesAndGrades) {
  const struct {
    std::string_view attribute, given, want;
    v1::Grade grade;
  } cases[] = {
      {"name", "name{full:' 张　 伟 '}", "name{full:'张伟'}", v1::GRADE_OK},
      {"name", "name{full:'买买提•艾力' latin:' Maimaiti   AILI '}",
       "name{full:'买买提·艾力' latin:'Maimaiti AILI'}", v1::GRADE_OK},
      {"name", "name{full:'张□'}", "name{full:'张▀'}",
       v1::GRADE_UNMAPPED_CHARACTER},
      {"name", "name{full:'不详'}", "name{full:'不详'}", v1::GRADE_PLACEHOLDER},
      {"identifiers",
       "identifiers{kind:KIND_CITIZEN_NUMBER "
       "number:'０４１２０２１９９００３０７０４２?'}",
       "", v1::GRADE_FORMAT},
      {"birth_date", "birth_date{date{year:1990 month:3 day:7}}",
       "birth_date{date{year:1990 month:3 day:7}}", v1::GRADE_OK},
      {"birth_date", "birth_date{date{year:1990 month:2 day:30}}",
       "birth_date{date{year:1990 month:2 day:30}}", v1::GRADE_DATE_IMPOSSIBLE},
      {"birth_date", "birth_date{date{year:1900 month:1 day:1}}",
       "birth_date{date{year:1900 month:1 day:1}}", v1::GRADE_PLACEHOLDER},
      {"birth_date", "birth_date{date{year:2030 month:1 day:1}}",
       "birth_date{date{year:2030 month:1 day:1}}", v1::GRADE_DATE_FUTURE},
      {"residence",
       "residence{division:' 320505010000 ' address:'  东环路 1  号 ' "
       "planned_until{year:2030 month:1 day:1} dwelling:'d １'}",
       "residence{division:'320505010' address:'东环路 1 号' "
       "planned_until{year:2030 month:1 day:1} dwelling:'D1'}",
       v1::GRADE_OK},
      {"residence", "residence{division:'999999'}",
       "residence{division:'999999'}", v1::GRADE_DIVISION_UNKNOWN},
      // A placeholder among other parts says nothing and is dropped.
      {"residence", "residence{division:'320505' address:'不详'}",
       "residence{division:'320505'}", v1::GRADE_OK},
      {"contact", "contact{phones:'+86 139-1234-5678' phones:'无'}",
       "contact{phones:'13912345678'}", v1::GRADE_OK},
      {"education", "education{level{value:'21' list:'GB4658:2006'}}",
       "education{level{value:'21' list:'GB4658:2006'}}", v1::GRADE_OK},
      {"education", "education{level{value:'72' list:'GB4658:2006'}}",
       "education{level{value:'72' list:'GB4658:2006'}}",
       v1::GRADE_CODE_UNKNOWN},
      {"education", "education{level{value:'21' list:'mine'}}",
       "education{level{value:'21' list:'mine'}}", v1::GRADE_CODE_UNKNOWN},
      {"employment", "employment{uscc:'91350100m000100y43' employer:'厂'}",
       "employment{uscc:'91350100M000100Y43' employer:'厂'}", v1::GRADE_OK},
      {"employment", "employment{uscc:'91350100M000100Y44'}",
       "employment{uscc:'91350100M000100Y44'}", v1::GRADE_CHECKSUM_FAIL},
      {"business", "business{number:'110108000000016' role:ROLE_OPERATOR}",
       "business{number:'110108000000016' role:ROLE_OPERATOR}", v1::GRADE_OK},
      {"services",
       "services{code:'employment.job_fair' provider:'labor.320505'}",
       "services{code:'employment.job_fair' provider:'LABOR.320505'}",
       v1::GRADE_OK},
  };
  for (const auto& [name, given, want, grade] : cases) {
    SCOPED_TRACE(given);
    const ReadUpdate read = MustRead(UpdateOf("k", 1, given));
    ASSERT_EQ(read.claims.size(), 1U);
    const store::StoredClaim& claim = read.claims.front();
    const AttributeInfo& attribute = *FindAttribute(name);
    EXPECT_EQ(claim.attribute(), static_cast<unsigned>(attribute.number));
    EXPECT_FALSE(claim.retracted());
    EXPECT_EQ(v1::Grade_Name(claim.grade()), v1::Grade_Name(grade));
    if (want.empty()) continue;
    const v1::Person wanted = PersonOf(want);
    EXPECT_TRUE(Identical(attribute, *ValueOf(attribute, claim.value()),
                          *ValueOf(attribute, wanted)))
        << claim.value().ShortDebugString();
    // What is normal already stays as it is.
    v1::Update again;
    *again.mutable_claims() = claim.value();
    again.set_record_key("k");
    again.set_revision(1);
    again.add_details()->set_attribute(std::string(name));
    again.mutable_mask()->add_paths(std::string(name));
    EXPECT_EQ(MustRead(again).claims.front().value().SerializeAsString(),
              claim.value().SerializeAsString());
  }
}

TEST(Read, GradesCitizenNumbers) {
  std::string wrong = Woman();
  wrong.back() = wrong.back() == '1' ? '2' : '1';
  const struct {
    std::string name, more, number;
    std::vector<std::string> grades;
  } cases[] = {
      {"sound", "birth_date{date{year:1990 month:3 day:7}}", Woman(), {}},
      {"check",
       "",
       wrong,
       {"claims.identifiers[0].number GRADE_CHECKSUM_FAIL"}},
      {"zeros",
       "",
       "000000000000000000",
       {"claims.identifiers[0].number GRADE_PLACEHOLDER"}},
      {"other birth date",
       "birth_date{date{year:1990 month:3 day:8}}",
       Woman(),
       {"claims.identifiers[0].number GRADE_BIRTH_CONFLICT"}},
      {"its year", "birth_date{date{year:1990}}", Woman(), {}},
      {"other sex",
       "sex{value:SEX_MALE}",
       Woman(),
       {"claims.identifiers[0].number GRADE_SEX_CONFLICT"}},
      {"its sex", "sex{value:SEX_FEMALE}", Woman(), {}},
      {"not stated", "sex{value:SEX_NOT_STATED}", Woman(), {}},
  };
  for (const auto& [name, more, number, grades] : cases) {
    SCOPED_TRACE(name);
    const ReadUpdate read =
        MustRead(UpdateOf("k", 1, NumberText(number) + more));
    EXPECT_EQ(Grades(read), grades);
    EXPECT_EQ(read.claims.front().entry_grades(0), read.claims.front().grade());
  }
}

TEST(Read, KnowsDemoNumbersOnlyInTheDemo) {
  const v1::Update update = UpdateOf("k", 1, NumberText(Woman()));
  EXPECT_EQ(MustRead(update).claims.front().grade(), v1::GRADE_OK);
  EXPECT_EQ(
      MustRead(update, {.received_time = kReceived}).claims.front().grade(),
      v1::GRADE_DIVISION_UNKNOWN);
}

// Where and by which rule; never the value.
TEST(Read, RefusesOnlyWhatCannotBeRead) {
  const struct {
    std::string_view update;
    std::vector<std::string> want;
  } cases[] = {
      {"revision:1 mask{paths:'sex'}", {"record_key RECORD_KEY_INVALID"}},
      {"record_key:'a\\001' revision:1 mask{paths:'sex'}",
       {"record_key RECORD_KEY_INVALID"}},
      {"record_key:'k-11010519491231002X' revision:1 mask{paths:'sex'}",
       {"record_key RECORD_KEY_PERSONAL"}},
      {"record_key:'111010519491231002' revision:1 mask{paths:'sex'}", {}},
      {"record_key:'k' mask{paths:'sex'}", {"revision REVISION_MISSING"}},
      {"record_key:'k' revision:1", {"mask NOTHING_CLAIMED"}},
      {"record_key:'k' revision:1 mask{paths:'sex' paths:'marital_status'}",
       {"mask.paths[1] ATTRIBUTE_UNKNOWN"}},
      {"record_key:'k' revision:1 mask{paths:'residence.division'}",
       {"mask.paths[0] ATTRIBUTE_UNKNOWN"}},
      {"record_key:'k' revision:1 mask{paths:'birth_date'} "
       "claims{birth_date{date{year:1990 month:13 day:1}}}",
       {"claims.birth_date.date DATE_IMPOSSIBLE"}},
      {"record_key:'k' revision:1 mask{paths:'birth_date'} "
       "claims{birth_date{date{year:1990 day:1}}}",
       {"claims.birth_date.date DATE_IMPOSSIBLE"}},
      {"record_key:'k' revision:1 mask{paths:'birth_date'} "
       "claims{birth_date{date{year:1990 month:4 day:1 leap_month:true}}}",
       {"claims.birth_date.date DATE_IMPOSSIBLE"}},
      // What the mask does not name would be kept without having been read.
      {"record_key:'k' revision:1 mask{paths:'sex'} "
       "claims{birth_date{date{year:2020 month:1 day:1}} training{}}",
       {"claims.birth_date CLAIM_NOT_NAMED",
        "claims.training CLAIM_NOT_NAMED"}},
      {"record_key:'k' revision:1 mask{paths:'name'} "
       "claims{name{full:'张\\000伟'}}",
       {"claims.name.full VALUE_UNREADABLE"}},
      {"record_key:'k' revision:1 mask{paths:'sex'} claims{sex{value:7}}",
       {"claims.sex.value CODE_UNKNOWN"}},
      {"record_key:'k' revision:1 mask{paths:'certificates'} "
       "claims{certificates{number:'1'}}",
       {"claims.certificates[0].kind FIELD_MISSING"}},
      {"record_key:'k' revision:1 mask{paths:'certificates'} "
       "claims{certificates{kind:77 number:'1'}}",
       {"claims.certificates[0].kind CODE_UNKNOWN"}},
      {"record_key:'k' revision:1 mask{paths:'services'} "
       "claims{services{code:'health.check_up' provider:'p'}}",
       {"claims.services[0].code HEALTH_SERVICE_REFUSED"}},
      {"record_key:'k' revision:1 mask{paths:'services'} "
       "claims{services{code:'check_up' provider:'p'}}",
       {"claims.services[0].code CODE_UNKNOWN"}},
      {"record_key:'k' revision:1 mask{paths:'training'} "
       "claims{training{course:'A' title:'x'} training{course:'a' title:'y'}}",
       {"claims.training[1] ENTRY_TWICE"}},
      {"record_key:'k' revision:1 mask{paths:'sex'} "
       "times{recorded_time{seconds:1773300000}}",
       {"times.recorded_time TIME_INVALID"}},
      // Clocks may run ahead by less than a day.
      {"record_key:'k' revision:1 mask{paths:'sex'} "
       "times{recorded_time{seconds:1773190000}}",
       {}},
      {"record_key:'k' revision:1 mask{paths:'sex'} "
       "times{recorded_time{seconds:1 nanos:-1}}",
       {"times.recorded_time TIME_INVALID"}},
      {"record_key:'k' revision:1 mask{paths:'sex'} evidence:99",
       {"evidence CODE_UNKNOWN"}},
      {"record_key:'k' revision:1 mask{paths:'sex'} "
       "details{attribute:'name'}",
       {"details[0].attribute DETAIL_WITHOUT_CLAIM"}},
      {"record_key:'k' revision:1 mask{paths:'sex'} "
       "details{attribute:'sex' times{valid_from{year:2026 month:14}}}",
       {"details[0].times.valid_from DATE_IMPOSSIBLE"}},
      {"record_key:'k' revision:1 mask{paths:'sex'} times{valid_from{}}", {}},
      {"record_key:'k' revision:1 retraction{reason:REASON_DUPLICATE}", {}},
      {"record_key:'k' revision:1 retraction{}",
       {"retraction.reason RETRACTION_REASON_MISSING"}},
      {"record_key:'k' revision:1 retraction{reason:REASON_DUPLICATE} "
       "mask{paths:'sex'}",
       {"retraction RETRACTION_WITH_CLAIMS"}},
      {"record_key:'k' revision:1 mask{paths:'sex'} guardian{}",
       {"guardian.reference FIELD_MISSING"}},
  };
  for (const auto& [update, want] : cases) {
    SCOPED_TRACE(update);
    EXPECT_EQ(Refusals(ReadText(update)), want);
  }
}

TEST(Read, RefusesWhatIsTooLong) {
  std::string many;
  for (int i = 0; i < 101; ++i) many += "张";
  const auto refusals = [](const v1::Update& update) {
    return Refusals(Read(update.SerializeAsString(), kOptions));
  };
  EXPECT_THAT(refusals(UpdateOf("k", 1, "name{full:'" + many + "'}")),
              ElementsAre("claims.name.full VALUE_TOO_LONG"));
  EXPECT_THAT(refusals(UpdateOf("k", 1, "name{full:'" + many.substr(3) + "'}")),
              IsEmpty());
  EXPECT_THAT(refusals(UpdateOf(std::string(129, 'k'), 1, "sex{value:1}")),
              ElementsAre("record_key RECORD_KEY_INVALID"));
  EXPECT_THAT(
      refusals(UpdateOf(
          "k", 1, "residence{address:'" + std::string(2'001, 'x') + "'}")),
      ElementsAre("claims.residence.address VALUE_TOO_LONG"));
  std::string phones = "contact{";
  for (int i = 0; i < 65; ++i) {
    phones += "phones:'139123456" + std::to_string(10 + i) + "' ";
  }
  EXPECT_THAT(refusals(UpdateOf("k", 1, phones + "}")),
              ElementsAre("claims.contact.phones TOO_MANY_ENTRIES"));
}

// An answer must not outgrow its question.
TEST(Read, NamesTheFirstOfManyFindings) {
  v1::Update update;
  update.set_record_key("k");
  update.set_revision(1);
  for (int i = 0; i < 10'000; ++i) update.mutable_mask()->add_paths("x");
  EXPECT_EQ(Read(update, kOptions).violations.size(), 64U);

  update = UpdateOf("k", 1, "sex{value:1}");
  update.mutable_mask()->add_paths("name");
  for (int i = 0; i < 64; ++i) {
    update.mutable_claims()->mutable_name()->add_former("张□");
  }
  update.mutable_mask()->add_paths("contact");
  for (int i = 0; i < 64; ++i) {
    update.mutable_claims()->mutable_contact()->add_phones("12");
  }
  const ReadResult read = Read(update, kOptions);
  EXPECT_THAT(read.violations, IsEmpty());
  EXPECT_EQ(read.update.grades.size(), 64U);
}

TEST(Read, RefusesBytesThatAreNoUpdate) {
  EXPECT_THAT(Refusals(Read(std::string_view("\xff\xff\xff"), kOptions)),
              ElementsAre("update UPDATE_UNREADABLE"));
  v1::Update update = UpdateOf("k", 1, "name{full:'x'}");
  std::string bytes = update.SerializeAsString();
  bytes[bytes.find('x')] = '\xff';  // no UTF-8 any more
  EXPECT_THAT(Refusals(Read(bytes, kOptions)),
              ElementsAre("update UPDATE_UNREADABLE"));
  // Fields of a later contract.
  EXPECT_THAT(
      Refusals(Read(UpdateOf("k", 1, "sex{value:1}").SerializeAsString() +
                        std::string("\xf8\x7f\x01", 3),
                    kOptions)),
      ElementsAre("update UNKNOWN_FIELDS"));
  update = UpdateOf("k", 1, "sex{value:1}");
  update.mutable_claims()
      ->mutable_sex()
      ->GetReflection()
      ->MutableUnknownFields(update.mutable_claims()->mutable_sex())
      ->AddVarint(99, 1);
  EXPECT_THAT(Refusals(Read(update.SerializeAsString(), kOptions)),
              ElementsAre("claims.sex UNKNOWN_FIELDS"));
}

// PIPL art. 31: nothing of a child under 14 without its guardian's consent.
TEST(Read, AsksForTheGuardianOfAMinor) {
  const struct {
    std::string claims;
    bool refused;
  } cases[] = {
      {"birth_date{date{year:2012 month:3 day:11}}", true},  // 14 tomorrow
      {"birth_date{date{year:2012 month:3 day:10}}", false},
      {"birth_date{date{year:2012 month:3}}", true},  // it may be tomorrow
      {"birth_date{date{year:2011}}", false},
      {"birth_date{date{year:2012 month:2 day:29}}", false},
      {"birth_date{date{year:2030}}", false},  // a mistake, graded
      {NumberText(DemoNumber("20150601", 1)), true},
      {NumberText(DemoNumber("20100601", 1)), false},
      // A child on a parent's card is told by its birth date.
      {NumberText(Woman()) + "birth_date{date{year:2015 month:6 day:1}}", true},
      // A number with a slip says nothing against a stated date.
      {NumberText("041202201506010010") +
           "birth_date{date{year:1990 month:6 day:1}}",
       false},
      {"name{full:'张伟'}", false},
  };
  for (const auto& [claims, refused] : cases) {
    SCOPED_TRACE(claims);
    v1::Update update = UpdateOf("k", 1, claims);
    const ReadResult result = Read(update.SerializeAsString(), kOptions);
    EXPECT_EQ(!result.ok(), refused);
    if (refused) {
      EXPECT_EQ(result.violations.front().reason(), "MINOR_WITHOUT_GUARDIAN");
    }
    update.mutable_guardian()->set_reference("consent 17 of 2026");
    EXPECT_TRUE(Read(update.SerializeAsString(), kOptions).ok());
  }
}

TEST(Read, TakesAMaskedAttributeWithoutValueAsARetraction) {
  v1::Update update = UpdateOf("k", 3, "sex{value:SEX_MALE}");
  update.mutable_mask()->add_paths("training");
  update.mutable_mask()->add_paths("name");
  // A value of which nothing is left says nothing.
  update.mutable_mask()->add_paths("contact");
  update.mutable_claims()->mutable_contact()->add_phones("无");
  update.set_evidence(v1::EVIDENCE_DECLARED);
  const ReadUpdate read = MustRead(update);
  std::vector<std::string> list;
  for (const auto& claim : read.claims) {
    list.push_back(FindAttribute(static_cast<int>(claim.attribute()))->name +
                   (claim.retracted() ? " -" : " +"));
    EXPECT_EQ(claim.revision(), 3U);
    EXPECT_EQ(claim.has_value(), !claim.retracted());
  }
  EXPECT_THAT(list, ElementsAre("name -", "sex +", "contact -", "training -"));
  EXPECT_EQ(read.attributes(),
            BitOf(kName) | BitOf(kSex) | BitOf(10) | BitOf(13));
}

TEST(Read, PutsTheEntriesOfASetInOrder) {
  const std::string a = "training{course:'A' title:'焊工'}";
  const std::string b = "training{course:'B' title:'电工'}";
  const auto value = [](const std::string& text) {
    return MustRead(UpdateOf("k", 1, text)).claims.front().value();
  };
  EXPECT_EQ(value(a + b).SerializeAsString(), value(b + a).SerializeAsString());
  EXPECT_EQ(value(a + b + a).training_size(), 2);
}

TEST(Read, TakesTimesAndEvidenceFromTheDetail) {
  v1::Update update = UpdateOf("k", 1, "sex{value:1} name{full:'张伟'}");
  update.mutable_times()->mutable_recorded_time()->set_seconds(1'000);
  update.mutable_times()->mutable_valid_from()->set_year(2020);
  update.set_evidence(v1::EVIDENCE_DECLARED);
  v1::AttributeDetail& detail = *update.add_details();
  detail.set_attribute("name");
  detail.mutable_times()->mutable_recorded_time()->set_seconds(2'000);
  detail.set_evidence(v1::EVIDENCE_DOCUMENT_SEEN);
  const ReadUpdate read = MustRead(update);
  EXPECT_EQ(read.claims[0].recorded_time(), 2'000'000'000);
  EXPECT_EQ(read.claims[0].evidence(), v1::EVIDENCE_DOCUMENT_SEEN);
  EXPECT_EQ(read.claims[0].valid_from().year(), 2020);
  EXPECT_EQ(read.claims[1].recorded_time(), 1'000'000'000);
  EXPECT_EQ(read.claims[1].evidence(), v1::EVIDENCE_DECLARED);
  // The time of receipt never stands in for a recorded time.
  const ReadUpdate bare = MustRead(UpdateOf("k", 1, "sex{value:1}"));
  EXPECT_EQ(bare.claims[0].recorded_time(), 0);
  EXPECT_EQ(bare.claims[0].received_time(), kReceived);
}

TEST(Read, HashesTheContentNotTheSpelling) {
  v1::Update update = UpdateOf("k", 1, "sex{value:1} name{full:'张伟'}");
  const auto content = MustRead(update).content;
  v1::Update other = update;
  other.mutable_mask()->clear_paths();
  for (const auto* path : {"sex", "name", "sex"}) {
    other.mutable_mask()->add_paths(path);
  }
  EXPECT_EQ(MustRead(other).content, content);
  EXPECT_EQ(MustRead(update, {.received_time = kReceived + 1}).content,
            content);
  other.mutable_claims()->mutable_sex()->set_value(v1::SEX_FEMALE);
  EXPECT_NE(MustRead(other).content, content);
}

}  // namespace
}  // namespace waystation::domain
