// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "adapters/labor/sector.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class SetupTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    Write("m.yaml",
          "sector: labor\nrecord_key: K\ntable: {charset: gbk}\n"
          "attributes: [{attribute: name, fields: [{field: full, column: "
          "N}]}]\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& name, std::string_view text) {
    fs::create_directories(fs::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name) << text;
  }
  absl::StatusOr<adapters::Setup> Load(std::string_view text) {
    Write("adapter.yaml", text);
    return LoadSetup(folder_ + "/adapter.yaml", Labor());
  }

  const std::string folder_ =
      testing::TempDir() + "setup_" + std::to_string(getpid());
};

constexpr std::string_view kGood =
    "agency: labor.320500\nstate: state\nhub: {hubs: [\"localhost:1\"]}\n"
    "sources: [{name: ac01, files: in/ac*.txt, mapping: m.yaml}]\n";

TEST_F(SetupTest, ReadsTheKeysOfAWitness) {
  const auto key = *auditlog::Ed25519PrivateKey::Generate();
  const auto log = *auditlog::NoteVerifier::Create("log", key.public_key());
  const auto witness =
      *auditlog::NoteVerifier::Create("labor.320500", key.public_key(),
                                      auditlog::NoteAlgorithm::kCosignatureV1);
  Write("log.key", log.ToString() + "\n");
  ASSERT_TRUE(key.Store(folder_ + "/witness.pem").ok());
  const std::string good(kGood);
  EXPECT_FALSE(Load(good)->witness.has_value());
  for (const std::string& given : {std::string("log.key"), log.ToString()}) {
    SCOPED_TRACE(given);
    const auto looking = Load(good + "witness: {log_key: \"" + given + "\"}\n");
    ASSERT_TRUE(looking.ok()) << looking.status();
    EXPECT_EQ(looking->witness->log.ToString(), log.ToString());
    EXPECT_FALSE(looking->witness->signer.has_value());
  }
  const auto signing =
      Load(good + "witness: {log_key: log.key, key: witness.pem}\n");
  ASSERT_TRUE(signing.ok()) << signing.status();
  EXPECT_EQ(signing->witness->signer->verifier().ToString(),
            witness.ToString());

  const struct {
    std::string yaml;
    std::string reason;
    std::string names;
  } cases[] = {
      {"{}", "CONFIG_INVALID", "witness.log_key"},
      {"{log_key: none}", "CONFIG_INVALID",
       "adapter.yaml:5:11: a verifier key"},
      {"{log_key: \"" + witness.ToString() + "\"}", "CONFIG_INVALID",
       "adapter.yaml:5:11: a verifier key"},
      {"{log_key: log.key, key: none.pem}", "KEY_FILE_MISSING", "none.pem"},
      {"{log_key: log.key, key: open.pem}", "KEY_FILE_MODE", "open.pem"},
  };
  ASSERT_TRUE(key.Store(folder_ + "/open.pem").ok());
  fs::permissions(folder_ + "/open.pem", fs::perms::others_read,
                  fs::perm_options::add);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.yaml);
    const absl::Status status =
        Load(good + "witness: " + c.yaml + "\n").status();
    EXPECT_EQ(errors::ReasonOf(status), c.reason);
    EXPECT_THAT(status.ToString(), HasSubstr(c.names));
  }
}

TEST_F(SetupTest, FindsFilesInTheOrderOfTheirNames) {
  const auto setup = Load(kGood);
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_EQ(setup->state, folder_ + "/state");
  EXPECT_TRUE(FilesOf(setup->sources[0]).empty());
  for (const char* name : {"in/ac02.txt", "in/ac01.txt", "in/.ac00.txt",
                           "in/ab01.txt", "in/ac03.txt.tmp"}) {
    Write(name, "");
  }
  EXPECT_THAT(FilesOf(setup->sources[0]),
              ElementsAre(folder_ + "/in/ac01.txt", folder_ + "/in/ac02.txt"));
}

TEST_F(SetupTest, NamesEverythingThatIsWrong) {
  const auto setup = Load(
      "poll: 0s\nlog_level: loud\n"
      "sources:\n"
      "  - {name: \"A b\", files: x, mapping: m.yaml}\n"
      "  - {name: a, mapping: m.yaml}\n"
      "  - {name: a, files: x}\n"
      "mailbox: {mapping: m.yaml}\n");
  EXPECT_EQ(errors::ReasonOf(setup.status()), "CONFIG_INVALID");
  std::vector<std::string> rules;
  for (const auto& violation : errors::ViolationsOf(setup.status())) {
    rules.push_back(violation.field + " " + violation.rule);
  }
  EXPECT_THAT(
      rules,
      UnorderedElementsAre(
          HasSubstr("adapter.yaml"), HasSubstr("must be set"),
          HasSubstr("must name a hub"), HasSubstr("must be positive"),
          HasSubstr("one of debug"), HasSubstr("lower-case letters"),
          HasSubstr("must be set"), HasSubstr("name is mapped by another"),
          HasSubstr("stands twice"), HasSubstr("must be set"),
          HasSubstr("must be set"), HasSubstr("must be set"),
          HasSubstr("has no `export`")));
}

TEST_F(SetupTest, ChecksTheExportWithItsLines) {
  Write("m.yaml",
        "sector: labor\nrecord_key: K\ntable: {charset: gbk}\n"
        "attributes: [{attribute: name, fields: [{field: full, column: "
        "N}]}]\n"
        "export:\n"
        "  file_prefix: a\n"
        "  file_suffix: .txt\n"
        "  columns:\n"
        "    - {column: K, fact: record_key}\n"
        "    - {column: N, field: name.fool}\n");
  const auto setup = Load(std::string(kGood) +
                          "mailbox: {folder: out, mapping: m.yaml, purpose: "
                          "social_insurance_transfer}\n");
  ASSERT_EQ(errors::ReasonOf(setup.status()), "CONFIG_INVALID");
  const auto violations = errors::ViolationsOf(setup.status());
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_THAT(violations[0].field, HasSubstr("m.yaml:10:"));
}

TEST_F(SetupTest, RefusesItsOwnExports) {
  Write("m.yaml",
        "sector: labor\nrecord_key: K\ntable: {charset: gbk}\n"
        "attributes: [{attribute: name, fields: [{field: full, column: "
        "N}]}]\n"
        "export: {file_prefix: a, file_suffix: .txt, columns: [{column: K, "
        "fact: record_key}]}\n");
  const auto setup = Load(std::string(kGood) +
                          "mailbox: {folder: in, mapping: m.yaml, purpose: "
                          "social_insurance_transfer}\n");
  std::vector<std::string> rules;
  for (const auto& violation : errors::ViolationsOf(setup.status())) {
    rules.push_back(violation.rule);
  }
  EXPECT_THAT(rules, UnorderedElementsAre(HasSubstr("would read what is")));
}

// Whoever names the wrong sector on the command line has made one mistake.
TEST_F(SetupTest, RefusesAnotherSectorsAgencyBeforeItsMappings) {
  Write("m.yaml", "sector: public_security\n");
  const auto setup = Load(
      "agency: public_security.320500\nstate: state\nhub: {hubs: "
      "[\"localhost:1\"]}\n"
      "sources: [{name: ldrk, files: in/*.csv, mapping: m.yaml}]\n");
  const auto violations = errors::ViolationsOf(setup.status());
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_THAT(violations[0].field, HasSubstr("adapter.yaml:1:"));
  EXPECT_THAT(violations[0].rule, HasSubstr("must begin with labor."));
}

TEST_F(SetupTest, RefusesUnknownKeysAndMissingFiles) {
  EXPECT_EQ(errors::ReasonOf(Load("agancy: x\n").status()), "CONFIG_INVALID");
  EXPECT_EQ(
      errors::ReasonOf(LoadSetup(folder_ + "/none.yaml", Labor()).status()),
      "FILE_MISSING");
  fs::remove(folder_ + "/m.yaml");
  EXPECT_EQ(errors::ReasonOf(Load(kGood).status()), "FILE_MISSING");
}

}  // namespace
}  // namespace waystation::adapters
