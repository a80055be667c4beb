// SPDX-License-Identifier: Apache-2.0
// The Chinese catalogue is complete: whatever the protos name can be shown.
#include "proto/language/language.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "proto/runtime/yaml_text.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/directory_service.pb.h"
#include "waystation/v1/mailbox_service.pb.h"
#include "waystation/v1/notice_service.pb.h"
#include "waystation/v1/options.pb.h"
#include "waystation/v1/person.pb.h"
#include "waystation/v1/reconciliation_service.pb.h"
#include "waystation/v1/registry_service.pb.h"
#include "waystation/v1/verify_service.pb.h"

namespace waystation::language {
namespace {

namespace pb = google::protobuf;

class Chinese : public ::testing::Test {
 protected:
  Chinese() {
    Use(errors::Language::kChinese, WAYSTATION_BIN_DIR "/../share/locale");
  }
  ~Chinese() override {
    Use(errors::Language::kEnglish, WAYSTATION_BIN_DIR "/../share/locale");
  }
};

bool IsAscii(const std::string& text) {
  for (const char c : text) {
    if ((c & 0x80) != 0) return false;
  }
  return true;
}

// Fields of a message and of those inside it.
void ExpectNames(const pb::Descriptor& type, std::set<std::string>& seen) {
  if (!seen.insert(type.full_name()).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    EXPECT_FALSE(IsAscii(SayName(field.name()))) << field.full_name();
    if (field.message_type() != nullptr) {
      ExpectNames(*field.message_type(), seen);
    }
  }
}

TEST_F(Chinese, NamesEveryFieldOfAPerson) {
  std::set<std::string> seen;
  ExpectNames(*v1::Person::descriptor(), seen);
}

TEST_F(Chinese, NamesEveryPredicate) {
  const pb::Descriptor& person = *v1::Person::descriptor();
  for (int i = 0; i < person.field_count(); ++i) {
    for (const v1::Predicate& predicate :
         person.field(i)->options().GetExtension(v1::attribute).predicates()) {
      EXPECT_FALSE(IsAscii(SayName(predicate.name()))) << predicate.name();
    }
  }
}

void ExpectValues(const pb::EnumDescriptor& type) {
  for (int i = 0; i < type.value_count(); ++i) {
    const pb::EnumValueDescriptor& value = *type.value(i);
    if (value.number() == 0) continue;
    EXPECT_FALSE(IsAscii(SayEnum(value.name(), runtime::ShortEnumName(value))))
        << value.full_name();
  }
}

void ExpectEnums(const pb::Descriptor& type) {
  for (int i = 0; i < type.enum_type_count(); ++i) {
    ExpectValues(*type.enum_type(i));
  }
  for (int i = 0; i < type.nested_type_count(); ++i) {
    ExpectEnums(*type.nested_type(i));
  }
}

TEST_F(Chinese, NamesEveryValueThatTheServicesUse) {
  for (const pb::FileDescriptor* file :
       {v1::Person::descriptor()->file(),
        v1::AgreementStatus::descriptor()->file(),
        v1::Agreement::descriptor()->file(),
        v1::AuditEvent::descriptor()->file(),
        v1::ServicePoint::descriptor()->file(),
        v1::PutOfferRequest::descriptor()->file(),
        v1::MailboxEntry::descriptor()->file(),
        v1::Notice::descriptor()->file(), v1::Decision::descriptor()->file(),
        v1::UpdateResult::descriptor()->file(),
        v1::Update::descriptor()->file(),
        v1::VerifyRequest::descriptor()->file()}) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      ExpectValues(*file->enum_type(i));
    }
    for (int i = 0; i < file->message_type_count(); ++i) {
      ExpectEnums(*file->message_type(i));
    }
  }
  ExpectValues(*v1::Criterion_descriptor());
}

TEST(Language, ComesFromTheOptionThenTheLocale) {
  const struct {
    const char* name;
    const char* asked;
    const char* lc_all;
    const char* lang;
    errors::Language want;
  } cases[] = {
      {"nothing", "", "", "", errors::Language::kEnglish},
      {"LANG", "", "", "zh_CN.UTF-8", errors::Language::kChinese},
      {"LC_ALL goes before", "", "C", "zh_CN.UTF-8",
       errors::Language::kEnglish},
      {"the option goes before", "zh", "C", "en_GB.UTF-8",
       errors::Language::kChinese},
      {"another language", "", "", "fr_FR.UTF-8", errors::Language::kEnglish},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto environment = [&](const char* name) {
      const std::string variable = name;
      if (variable == "LC_ALL") return std::string(c.lc_all);
      if (variable == "LANG") return std::string(c.lang);
      return std::string();
    };
    EXPECT_EQ(Choose(c.asked, environment), c.want);
  }
}

TEST(Language, IsLookedForAmongTheArguments) {
  const struct {
    std::vector<const char*> arguments;
    errors::Language want;
  } cases[] = {
      {{"program", "--lang", "zh"}, errors::Language::kChinese},
      {{"program", "--lang=zh", "run"}, errors::Language::kChinese},
      {{"program", "--lang", "zh", "--lang", "en"}, errors::Language::kEnglish},
      // What it is the value of is not known yet.
      {{"program", "--lang"}, errors::Language::kEnglish},
  };
  unsetenv("LC_ALL");
  unsetenv("LC_MESSAGES");
  setenv("LANG", "en_GB.UTF-8", 1);
  for (const auto& c : cases) {
    EXPECT_EQ(Choose(static_cast<int>(c.arguments.size()), c.arguments.data()),
              c.want);
  }
}

TEST(Language, PutsValuesWhereTheLanguageWantsThem) {
  Use(errors::Language::kChinese, WAYSTATION_BIN_DIR "/../share/locale");
  EXPECT_EQ(Say("$0 days", 3), "3 天");
  EXPECT_EQ(SayName("no_such_name"), "no such name");
  Use(errors::Language::kEnglish, WAYSTATION_BIN_DIR "/../share/locale");
  EXPECT_EQ(Say("$0 days", 3), "3 days");
  EXPECT_EQ(SayName("birth_date"), "birth date");
}

}  // namespace
}  // namespace waystation::language
