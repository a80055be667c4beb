// SPDX-License-Identifier: Apache-2.0
// What this exchange refuses to be, held by the schema itself (domain facts
// 5.2; README lists the twelve with their tests). Every contract, every table
// and every mapping in the tree is read from its source, so that nothing is
// added without passing here.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "proto/runtime/yaml.h"
#include "waystation/config/v1/adapter.pb.h"

namespace waystation {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using ::testing::IsEmpty;

const std::filesystem::path kRoot = WAYSTATION_SOURCE_DIR;

// --- words ---

// No name may hold one of these as a word.
const std::set<std::string, std::less<>>& ForbiddenWords() {
  static const std::set<std::string, std::less<>> words = {
      // fertility and family (refusals 1, 3, 4)
      "fertile",
      "fertility",
      "contraception",
      "contraceptive",
      "pregnancy",
      "pregnant",
      "abortion",
      "iud",
      "sterilisation",
      "sterilization",
      "menstrual",
      "reproductive",
      "birth",
      "births",
      "child",
      "children",
      "offspring",
      "daughter",
      "son",
      "marital",
      "marriage",
      "married",
      "spouse",
      "divorce",
      "quota",
      "remedial",
      "operation",
      // judging persons (refusals 2, 3, 8)
      "penalty",
      "fine",
      "fee",
      "deposit",
      "reward",
      "bounty",
      "blacklist",
      "watchlist",
      "risk",
      "ranking",
      "compliance",
      "suspect",
      "criminal",
      "informer",
      "landlord",
      "summon",
      "predicted",
      // what somebody is (refusals 8, 11)
      "ethnic",
      "ethnicity",
      "nationality",
      "religion",
      "religious",
      "political",
      "biometric",
      "biometrics",
      "fingerprint",
      "photo",
      "picture",
      "portrait",
      "iris",
      "dna",
      "blood",
      // health
      "disease",
      "diagnosis",
      "illness",
      "disability",
      "symptom",
      "infection",
      // live location (refusal 8)
      "latitude",
      "longitude",
      "gps",
      "whereabouts",
      "track",
  };
  return words;
}

// Names that hold such a word and mean something else.
bool IsInnocent(std::string_view name) {
  static const std::set<std::string, std::less<>> innocent = {
      "birth_date", "BirthDate", "birthDate",
      // The grade of a number that spells another birth date.
      "GRADE_BIRTH_CONFLICT",
      // Of a key and of a row of a file, nobody's finger.
      "key_fingerprint", "waystation.report.v1.QuarantinedRow.fingerprint"};
  return innocent.contains(name);
}

// The words of a name in lower_case, UPPER_CASE or CamelCase.
std::vector<std::string> WordsOf(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool begins =
        is_upper && i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (c == '_' || c == '.' || c == '-' || begins) words.emplace_back();
    if (c == '_' || c == '.' || c == '-') continue;
    words.back() += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

std::string ForbiddenIn(std::string_view name) {
  if (IsInnocent(name)) return "";
  for (const std::string& word : WordsOf(name)) {
    if (ForbiddenWords().contains(word)) return word;
  }
  return "";
}

// --- the contracts ---

class Contracts : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    pool_ = std::make_unique<google::protobuf::DescriptorPool>();
    google::protobuf::FileDescriptorSet set;
    std::ifstream stream(CONTRACT_SET, std::ios::binary);
    ASSERT_TRUE(set.ParseFromIstream(&stream));
    for (const auto& file : set.file()) {
      const FileDescriptor* built = pool_->BuildFile(file);
      ASSERT_NE(built, nullptr) << file.name();
      if (file.name().starts_with("waystation/")) files_.push_back(built);
    }
    std::size_t on_disk = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             kRoot / "proto" / "waystation")) {
      on_disk += entry.path().extension() == ".proto" ? 1 : 0;
    }
    ASSERT_EQ(files_.size(), on_disk);
  }

  static void TearDownTestSuite() {
    files_.clear();
    pool_.reset();
  }

  using VisitMessage = std::function<void(const Descriptor&)>;

  static void Walk(const Descriptor& message, const VisitMessage& visit) {
    visit(message);
    for (int i = 0; i < message.nested_type_count(); ++i) {
      Walk(*message.nested_type(i), visit);
    }
  }
  static void ForEachMessage(const VisitMessage& visit) {
    for (const FileDescriptor* file : files_) {
      for (int i = 0; i < file->message_type_count(); ++i) {
        Walk(*file->message_type(i), visit);
      }
    }
  }
  static void ForEachEnum(
      const std::function<void(const EnumDescriptor&)>& visit) {
    for (const FileDescriptor* file : files_) {
      for (int i = 0; i < file->enum_type_count(); ++i) {
        visit(*file->enum_type(i));
      }
    }
    ForEachMessage([&](const Descriptor& message) {
      for (int i = 0; i < message.enum_type_count(); ++i) {
        visit(*message.enum_type(i));
      }
    });
  }
  static void ForEachMethod(
      const std::function<void(const MethodDescriptor&)>& visit) {
    for (const FileDescriptor* file : files_) {
      for (int i = 0; i < file->service_count(); ++i) {
        for (int j = 0; j < file->service(i)->method_count(); ++j) {
          visit(*file->service(i)->method(j));
        }
      }
    }
  }
  static const Descriptor& Message(const std::string& name) {
    const Descriptor* message =
        pool_->FindMessageTypeByName("waystation.v1." + name);
    EXPECT_NE(message, nullptr) << name;
    return *message;
  }

  // Whether `message` can hold a `wanted`, at any depth.
  static bool CanHold(const Descriptor& message, const Descriptor& wanted,
                      std::set<const Descriptor*>* seen) {
    if (&message == &wanted) return true;
    if (!seen->insert(&message).second) return false;
    for (int i = 0; i < message.field_count(); ++i) {
      const Descriptor* type = message.field(i)->message_type();
      if (type != nullptr && CanHold(*type, wanted, seen)) return true;
    }
    return false;
  }
  static bool CanHold(const Descriptor& message, const Descriptor& wanted) {
    std::set<const Descriptor*> seen;
    return CanHold(message, wanted, &seen);
  }

 private:
  static inline std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  static inline std::vector<const FileDescriptor*> files_;
};

// Refusals 1, 2, 3, 4, 8 and 11: no name anywhere speaks of fertility, family,
// penalty, belief, body or health.
TEST_F(Contracts, HaveNoNameForWhatIsNotExchanged) {
  std::vector<std::string> found;
  const auto check = [&](const std::string& name,
                         const std::string& full_name) {
    const std::string word = ForbiddenIn(name);
    if (!word.empty() && !IsInnocent(full_name))
      found.push_back(full_name + ": " + word);
  };
  ForEachMessage([&](const Descriptor& message) {
    check(message.name(), message.full_name());
    for (int i = 0; i < message.field_count(); ++i) {
      check(message.field(i)->name(), message.field(i)->full_name());
    }
  });
  ForEachEnum([&](const EnumDescriptor& type) {
    check(type.name(), type.full_name());
    for (int i = 0; i < type.value_count(); ++i) {
      check(type.value(i)->name(), type.value(i)->full_name());
    }
  });
  ForEachMethod([&](const MethodDescriptor& method) {
    check(method.service()->name(), method.service()->full_name());
    check(method.name(), method.full_name());
  });
  EXPECT_THAT(found, IsEmpty());
}

// The words that this test looks for are found where they stand.
TEST(Words, AreFoundInEverySpelling) {
  for (const auto* name :
       {"marital_status", "MARITAL_STATUS", "MaritalStatus", "hasChildren",
        "birth_quota", "KIND_PREGNANCY", "face.photo"}) {
    EXPECT_NE(ForbiddenIn(name), "") << name;
  }
  for (const auto* name :
       {"birth_date", "BirthDate", "person", "defined", "offered", "refined"}) {
    EXPECT_EQ(ForbiddenIn(name), "") << name;
  }
}

// Refusal 5: a certificate is asked about with a code, and with one of a person
// nobody is found; what comes back is one word, and that no service may be
// refused.
TEST_F(Contracts, CheckNoCertificateWithoutACode) {
  std::set<std::string> asking;
  const Descriptor& response = Message("VerifyResponse");
  ForEachMethod([&](const MethodDescriptor& method) {
    if (CanHold(*method.output_type(), response)) asking.insert(method.name());
  });
  EXPECT_EQ(asking, (std::set<std::string>{"Verify"}));
  const auto names = [](const Descriptor& message) {
    std::set<std::string> fields;
    for (int i = 0; i < message.field_count(); ++i) {
      fields.insert(message.field(i)->name());
    }
    return fields;
  };
  EXPECT_EQ(
      names(Message("VerifyRequest")),
      (std::set<std::string>{"code", "kind", "scheme", "number", "purpose"}));
  EXPECT_EQ(names(response),
            (std::set<std::string>{"answer", "as_of_time", "notice"}));
  EXPECT_EQ(response.FindEnumTypeByName("Answer")->value_count(), 4);
}

// Refusal 6: nobody but agencies receives anything. Recipients of agreements
// are named by agency or sector, and purposes and forms are closed lists.
TEST_F(Contracts, KnowNoOtherRecipientThanAgencies) {
  const Descriptor& agreement = Message("Agreement");
  std::set<std::string> recipients;
  for (int i = 0; i < agreement.field_count(); ++i) {
    if (agreement.field(i)->name().starts_with("recipient")) {
      recipients.insert(agreement.field(i)->name());
    }
  }
  EXPECT_EQ(recipients,
            (std::set<std::string>{"recipient_sector", "recipient_agency"}));
}

// Refusal 7: no search by attributes. A person is asked for by handle, by the
// caller's own record, or by the number that they presented; values are offered
// in two requests only, and set in one, on a conflict that is open.
TEST_F(Contracts, FindNobodyByAttributes) {
  const Descriptor& person = Message("Person");
  ForEachMethod([&](const MethodDescriptor& method) {
    SCOPED_TRACE(method.full_name());
    if (method.name() == "MatchClaim" || method.name() == "LookUpPerson" ||
        method.name() == "Decide") {
      return;
    }
    EXPECT_FALSE(CanHold(*method.input_type(), person));
    for (int i = 0; i < person.field_count(); ++i) {
      EXPECT_FALSE(
          CanHold(*method.input_type(), *person.field(i)->message_type()))
          << person.field(i)->name();
    }
    for (const auto* word : {"Search", "Query", "Find", "Lookup"}) {
      EXPECT_EQ(method.name().find(word), std::string::npos);
    }
  });
  const Descriptor& match = Message("MatchClaimRequest");
  ASSERT_NE(match.FindOneofByName("subject"), nullptr)
      << "a value is offered about a person who is known already";
  ASSERT_NE(Message("DecideRequest").FindFieldByName("subject"), nullptr)
      << "a value is set where claims disagree already";
  // Without a number it asks about nobody (LookUp.NamesWhatIsMissing...), and
  // what comes back is the caller's one record and words of a closed list.
  const Descriptor& found = Message("LookUpPersonResponse");
  EXPECT_FALSE(CanHold(found, person));
  for (const auto* field : {"record_key", "handle"}) {
    ASSERT_NE(found.FindFieldByName(field), nullptr);
    EXPECT_FALSE(found.FindFieldByName(field)->is_repeated()) << field;
  }
  const Descriptor& answer = Message("AttributeAnswer");
  EXPECT_EQ(answer.field_count(), 2);
  ASSERT_NE(answer.FindFieldByName("answer"), nullptr);
  EXPECT_EQ(answer.FindFieldByName("answer")->enum_type(),
            Message("MatchClaimResponse").FindEnumTypeByName("Answer"));
}

// The directory of services names nobody, in what is asked and in what is
// answered.
TEST_F(Contracts, TheDirectoryHoldsNobody) {
  const Descriptor& person = Message("Person");
  int methods = 0;
  ForEachMethod([&](const MethodDescriptor& method) {
    if (method.service()->name() != "DirectoryService") return;
    SCOPED_TRACE(method.full_name());
    ++methods;
    for (const Descriptor* side : {method.input_type(), method.output_type()}) {
      EXPECT_FALSE(CanHold(*side, person));
      for (int i = 0; i < person.field_count(); ++i) {
        EXPECT_FALSE(CanHold(*side, *person.field(i)->message_type()))
            << person.field(i)->name();
      }
      for (const auto* field : {"record_key", "handle"}) {
        EXPECT_EQ(side->FindFieldByName(field), nullptr) << field;
      }
    }
  });
  EXPECT_EQ(methods, 8);
}

// Refusal 9: every list comes in pages, and nothing counts or copies persons.
TEST_F(Contracts, ListOnlyInPages) {
  ForEachMethod([](const MethodDescriptor& method) {
    SCOPED_TRACE(method.full_name());
    for (const auto* word : {"Export", "Dump", "Bulk", "Copy"}) {
      EXPECT_EQ(method.name().find(word), std::string::npos);
    }
    const Descriptor& output = *method.output_type();
    bool lists = method.name().starts_with("List") || method.name() == "Pull" ||
                 method.name() == "Watch";
    for (int i = 0; i < output.field_count(); ++i) {
      lists = lists || output.field(i)->name() == "next_page_token";
    }
    if (!lists) return;
    EXPECT_NE(method.input_type()->FindFieldByName("page_size"), nullptr);
    EXPECT_NE(method.input_type()->FindFieldByName("page_token"), nullptr);
  });
}

// Refusal 8: what an agency sees is one value, never a sequence of places.
TEST_F(Contracts, HoldNoMovementHistory) {
  const Descriptor& person = Message("Person");
  const std::set<const Descriptor*> places = {
      &Message("Residence"), &Message("Movement"),
      &Message("HouseholdRegistration")};
  for (const Descriptor* place : places) {
    EXPECT_FALSE(CanHold(*place, person));
  }
  ForEachMessage([&](const Descriptor& message) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      if (places.contains(field.message_type())) {
        EXPECT_FALSE(field.is_repeated()) << field.full_name();
        EXPECT_EQ(&message, &person) << field.full_name();
      }
    }
  });
  // Nor is there a way to ask for what was.
  ForEachMethod([](const MethodDescriptor& method) {
    EXPECT_EQ(method.name().find("History"), std::string::npos)
        << method.full_name();
  });
}

// Refusal 10: no key that two agencies could share. The only name of a person
// on the wire is the handle.
TEST_F(Contracts, ShowNoCommonKey) {
  const Descriptor& view = Message("PersonView");
  std::set<std::string> fields;
  for (int i = 0; i < view.field_count(); ++i) {
    fields.insert(view.field(i)->name());
  }
  EXPECT_EQ(fields,
            (std::set<std::string>{"handle", "record_keys", "person",
                                   "attributes", "predicates", "existing"}));
  ForEachMessage([](const Descriptor& message) {
    if (message.file()->package() != "waystation.v1") return;
    for (int i = 0; i < message.field_count(); ++i) {
      for (const auto* name : {"uid", "uids", "person_id", "person_uid"}) {
        EXPECT_NE(message.field(i)->name(), name)
            << message.field(i)->full_name();
      }
    }
  });
}

// Refusal 11: no bytes of a person but what its source wrote, and a guardian's
// consent beside every update.
TEST_F(Contracts, CarryNoPicturesAndAskForGuardians) {
  std::set<const Descriptor*> seen;
  const std::function<void(const Descriptor&)> walk =
      [&](const Descriptor& message) {
        if (!seen.insert(&message).second) return;
        for (int i = 0; i < message.field_count(); ++i) {
          const FieldDescriptor& field = *message.field(i);
          EXPECT_NE(field.type(), FieldDescriptor::TYPE_BYTES)
              << field.full_name();
          if (field.message_type() != nullptr) walk(*field.message_type());
        }
      };
  walk(Message("Person"));
  EXPECT_NE(Message("Update").FindFieldByName("guardian"), nullptr);
}

// Refusal 12: what joins two persons can be taken back, and nothing deletes
// one.
TEST_F(Contracts, MergeOnlyReversibly) {
  std::set<std::string> methods;
  ForEachMethod([&](const MethodDescriptor& method) {
    methods.insert(method.name());
    for (const auto* word : {"Delete", "Merge", "Purge", "Overwrite"}) {
      EXPECT_FALSE(method.name().starts_with(word)) << method.full_name();
    }
  });
  EXPECT_TRUE(methods.contains("Decide"));
  EXPECT_TRUE(methods.contains("UndoDecision"));
}

// --- tables ---

// Refusals 1 and 3 in the store: no column has such a name, and none holds text
// of a person outside of what is sealed.
TEST(Tables, HaveNoColumnForWhatIsNotKept) {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           kRoot / "server" / "storage")) {
    if (entry.path().extension() != ".sql") continue;
    ++files;
    std::ifstream file(entry.path());
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      SCOPED_TRACE(entry.path().filename().string() + ":" +
                   std::to_string(number));
      line.resize(std::min(line.find("--"), line.size()));
      std::ranges::replace_if(
          line,
          [](char c) {
            return c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0;
          },
          ' ');
      std::istringstream words(line);
      for (std::string word; words >> word;) {
        EXPECT_EQ(ForbiddenIn(word), "") << word;
      }
    }
  }
  EXPECT_GT(files, 0);
}

// --- mappings ---

// Columns under which systems keep what is not exchanged (domain facts 0.2 and
// 4.1): fertility, the old certificate, marital state, ethnicity, party.
TEST(Mappings, ReadNoColumnOfWhatIsNotExchanged) {
  const std::set<std::string> denied = {
      "SFSY", "SYZN_NAN", "SYZN_NV", "SFCQJYCS",     "HYZMBH",    "HYZK",
      "MZ",   "ZZMM",     "AAC005",  "AAC017",       "ETHNICITY", "MARITAL",
      "SYZK", "婚姻状况", "孕情",    "maritalStatus"};
  int files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(kRoot / "adapters")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".yaml" ||
        name.find("mapping") == std::string::npos) {
      continue;
    }
    ++files;
    SCOPED_TRACE(entry.path());
    config::v1::Mapping mapping;
    const auto places = runtime::LoadYaml(entry.path(), mapping);
    ASSERT_TRUE(places.ok()) << places.status();
    const auto check = [&](const std::string& column) {
      EXPECT_FALSE(denied.contains(column)) << column;
      EXPECT_EQ(ForbiddenIn(column), "") << column;
    };
    check(mapping.record_key());
    check(mapping.recorded_time());
    for (const auto& attribute : mapping.attributes()) {
      check(attribute.valid_from());
      for (const auto& field : attribute.fields()) check(field.column());
    }
    for (const auto& column : mapping.export_().columns()) {
      check(column.column());
    }
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace waystation
