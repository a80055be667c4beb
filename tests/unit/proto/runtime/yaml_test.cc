// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/yaml.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "proto/errors/error.h"
#include "waystation/config/v1/hub.pb.h"
#include "waystation/config/v1/rules.pb.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/agreement.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::runtime {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::HasSubstr;

constexpr char kTestdata[] =
    WAYSTATION_SOURCE_DIR "/tests/unit/proto/runtime/testdata/";

std::string Contents(const std::string& name) {
  std::ifstream file(kTestdata + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// One line per problem, as programs print them.
std::string Problems(const absl::Status& status) {
  std::string lines;
  for (const auto& [field, rule] : errors::ViolationsOf(status)) {
    lines += field + ": " + rule + "\n";
  }
  return lines;
}

template <typename T>
std::string ProblemsOf(std::string_view text) {
  T message;
  return Problems(ReadYaml(text, "f.yaml", message).status());
}

constexpr char kAgreement[] = R"(
id: labor-transfer
version: 3
recipient_sector: labor
purpose: social_insurance_transfer
legal_basis: {statute: 社会保险法, article: art. 19}
impact_assessment: PIA-2024-07
grants:
- {source_sector: labor, attribute: employment, form: value}
- source_sector: public_security
  attribute: residence
  form: FORM_PARTIAL
  partial_digits: 6
scope: own_records
valid_from: 2024-05-01
valid_until: 2026
retention_days:
)";

TEST(Yaml, ReadsAnAgreement) {
  v1::Agreement agreement;
  ASSERT_TRUE(ReadYaml(kAgreement, "a.yaml", agreement).ok());
  EXPECT_EQ(agreement.purpose(), v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
  EXPECT_EQ(agreement.legal_basis().statute(), "社会保险法");
  ASSERT_EQ(agreement.grants_size(), 2);
  EXPECT_EQ(agreement.grants(1).form(), v1::FORM_PARTIAL);
  EXPECT_EQ(agreement.valid_from().day(), 1);
  EXPECT_EQ(agreement.valid_until().year(), 2026);
  EXPECT_EQ(agreement.valid_until().month(), 0);
  EXPECT_EQ(agreement.retention_days(), 0) << "an empty value leaves unset";
}

TEST(Yaml, WritesWhatItReads) {
  v1::Agreement agreement;
  ASSERT_TRUE(ReadYaml(kAgreement, "a.yaml", agreement).ok());
  const std::string text = WriteYaml(agreement);
  EXPECT_THAT(text, HasSubstr("purpose: social_insurance_transfer\n"));
  EXPECT_THAT(text, HasSubstr("valid_from: 2024-05-01\n"));
  v1::Agreement again;
  ASSERT_TRUE(ReadYaml(text, "b.yaml", again).ok()) << text;
  EXPECT_TRUE(MessageDifferencer::Equals(agreement, again)) << text;
}

TEST(Yaml, KeepsTextThatLooksLikeANumber) {
  v1::Agency agency;
  ASSERT_TRUE(
      ReadYaml("jurisdiction: 034100\nname_en: yes\n", "a", agency).ok());
  EXPECT_EQ(agency.jurisdiction(), "034100");
  EXPECT_EQ(agency.name_en(), "yes");
  EXPECT_EQ(WriteYaml(agency), "jurisdiction: \"034100\"\nname_en: \"yes\"\n");
}

TEST(Yaml, ReadsTimesAndBytes) {
  v1::SigningKey key;
  ASSERT_TRUE(ReadYaml("public_key: AAEC/w==\n"
                       "valid_from: 2024-05-01T08:00:00.5+08:00\n",
                       "k", key)
                  .ok());
  EXPECT_EQ(key.public_key(), std::string("\0\1\2\xff", 4));
  EXPECT_EQ(key.valid_from().seconds(), 1714521600);
  EXPECT_EQ(key.valid_from().nanos(), 500000000);
  v1::SigningKey again;
  ASSERT_TRUE(ReadYaml(WriteYaml(key), "k", again).ok()) << WriteYaml(key);
  EXPECT_TRUE(MessageDifferencer::Equals(key, again));
}

TEST(Yaml, AnEmptyFileIsAnEmptyMessage) {
  config::v1::HubConfig config;
  config.set_listen("x");
  EXPECT_TRUE(ReadYaml("# nothing\n", "f", config).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(config, config::v1::HubConfig()));
}

TEST(Yaml, NamesEveryProblemWithItsPlace) {
  config::v1::HubConfig config;
  const auto places = ReadYaml(Contents("broken.yaml"), "broken.yaml", config);
  EXPECT_EQ(errors::ReasonOf(places.status()), "CONFIG_INVALID");
  EXPECT_EQ(Problems(places.status()), Contents("broken.expected"));
}

TEST(Yaml, RefusesWhatIsNoYaml) {
  EXPECT_THAT(ProblemsOf<config::v1::HubConfig>("listen: a: b\n"),
              HasSubstr("f.yaml:1:10: YAML: "));
  EXPECT_EQ(ProblemsOf<config::v1::HubConfig>("- a\n- b\n"),
            "f.yaml:1:1: a map of keys and values is wanted\n");
  EXPECT_EQ(ProblemsOf<config::v1::HubConfig>("listen: a\n---\nlisten: b\n"),
            "f.yaml:3:1: the file must hold one document\n");
  // yaml-cpp finds documents without end in it.
  EXPECT_THAT(ProblemsOf<config::v1::HubConfig>(",: laN"),
              HasSubstr("the file must hold one document\n"));
  EXPECT_EQ(ProblemsOf<v1::Agency>("name_zh: \xb8\xb7\xd1\xf4\n"),
            "f.yaml:1:10: the file must be UTF-8\n");
  for (const std::string_view bad : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                     "\xf4\x90\x80\x80", "\xe5\xaf", "\x80"}) {
    EXPECT_EQ(ProblemsOf<v1::Agency>("\n#\n# " + std::string(bad)),
              "f.yaml:3:3: the file must be UTF-8\n");
  }
  EXPECT_EQ(ProblemsOf<v1::Agency>("name_zh: 阜阳\U0002A7DD\n"), "");
  // yaml-cpp makes one byte of these escapes, U+0085 and U+00A0.
  for (const char* escape : {"\\N", "\\_"}) {
    EXPECT_EQ(
        ProblemsOf<v1::Agency>("name_zh: \"" + std::string(escape) + "\"\n"),
        "f.yaml:1:10: the file must be UTF-8\n");
  }
  // As in UTF-16 and UTF-32.
  for (const std::string_view nul :
       {std::string_view("\0n\0a", 4), std::string_view("\0\0\0n", 4)}) {
    EXPECT_EQ(ProblemsOf<v1::Agency>(nul),
              "f.yaml:1:1: the file must hold no NUL byte\n");
  }
  EXPECT_EQ(ProblemsOf<v1::Agency>(std::string_view("#\nname_zh: \0\n", 13)),
            "f.yaml:2:10: the file must hold no NUL byte\n");
  EXPECT_EQ(ProblemsOf<v1::Agency>("name_zh: \"\\阜\"\n"),
            "f.yaml:1:13: YAML: unknown escape character: \uFFFD\n");
  EXPECT_EQ(ProblemsOf<v1::Agency>("[a]: b\n"),
            "f.yaml:1:1: a key must be a plain word\n");
}

TEST(Yaml, RefusesValuesOfAnotherKind) {
  const struct {
    std::string_view text;
    std::string_view problem;
  } cases[] = {
      {"form: values",
       "f.yaml:1:7: one of value, partial, match, predicate, exists\n"},
      {"form: unspecified",
       "f.yaml:1:7: one of value, partial, match, predicate, exists\n"},
      {"partial_digits: 6 digits",
       "f.yaml:1:17: a whole number within the field's range is wanted\n"},
      {"partial_digits: 0x6",
       "f.yaml:1:17: a whole number within the field's range is wanted\n"},
  };
  for (const auto& [text, problem] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ProblemsOf<v1::Grant>(text), problem);
  }
  const struct {
    std::string_view text;
    std::string_view problem;
  } dates[] = {
      {"2024-5-1", "a date is wanted, such as 2024-05-01 or 2024"},
      {"2024-13", "a date is wanted, such as 2024-05-01 or 2024"},
      {"2023-02-29", "there is no such day"},
      {"0000", "a date is wanted, such as 2024-05-01 or 2024"},
      {"24", "a date is wanted, such as 2024-05-01 or 2024"},
  };
  for (const auto& [text, problem] : dates) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ProblemsOf<v1::Agreement>("valid_from: " + std::string(text)),
              "f.yaml:1:13: " + std::string(problem) + "\n");
  }
  EXPECT_EQ(ProblemsOf<v1::GetPersonRequest>("handle: a\nrecord_key: b\n"),
            "f.yaml:2:1: only one of the \"subject\" keys may be given\n");
}

TEST(Yaml, StopsAfterTwentyProblems) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "key" + std::to_string(i) + ": 1\n";
  config::v1::HubConfig config;
  const auto places = ReadYaml(text, "f.yaml", config);
  EXPECT_EQ(errors::ViolationsOf(places.status()).size(), 20U);
}

TEST(Yaml, KnowsWhereAValueStands) {
  config::v1::Rules rules;
  const auto places = ReadYaml(
      "version: '1'\nresolution:\n- attribute: name\n  criteria: [authority]\n",
      "rules.yaml", rules);
  ASSERT_TRUE(places.ok()) << places.status();
  EXPECT_EQ(places->Of("version"), "rules.yaml:1:1");
  EXPECT_EQ(places->Of("resolution[0].criteria"), "rules.yaml:4:3");
  EXPECT_EQ(places->Of("resolution[0].criteria[0]"), "rules.yaml:4:14");
  EXPECT_EQ(places->Of("resolution[0].owners"), "rules.yaml:3:3");
  EXPECT_EQ(places->Of("other"), "rules.yaml");
  const absl::Status status =
      ConfigInvalid(*places, {{"resolution[0].attribute", "no such attribute"},
                              {"resolution[0].owners", "required"},
                              {"window", "required"}});
  EXPECT_EQ(Problems(status),
            "rules.yaml:3:3: no such attribute\n"
            "rules.yaml:3:3: resolution[0].owners: required\n"
            "rules.yaml: window: required\n");
}

TEST(Yaml, MissingFileIsNamed) {
  config::v1::HubConfig config;
  const absl::Status status = LoadYaml("no/such/hub.yaml", config).status();
  EXPECT_EQ(errors::ReasonOf(status), "FILE_MISSING");
  EXPECT_THAT(status.message(), HasSubstr("no/such/hub.yaml"));
}

}  // namespace
}  // namespace waystation::runtime
