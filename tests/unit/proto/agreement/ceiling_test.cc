// SPDX-License-Identifier: Apache-2.0
#include "proto/agreement/ceiling.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/agreement/sectors.h"
#include "tests/unit/proto/agreement/rows.h"
#include "waystation/v1/options.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::agreement {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kSectors = {
    "public_security",  "health",    "labor",       "commerce", "education",
    "housing",          "transport", "agriculture", "finance",  "civil_affairs",
    "womens_federation"};
const std::vector<v1::Form> kForms = {v1::FORM_VALUE, v1::FORM_PARTIAL,
                                      v1::FORM_MATCH, v1::FORM_PREDICATE,
                                      v1::FORM_EXISTS};

struct Attribute {
  std::string name;
  v1::AttributeOptions options;
};

std::vector<Attribute> Attributes() {
  std::vector<Attribute> all;
  const auto& person = *v1::Person::descriptor();
  for (int i = 0; i < person.field_count(); ++i) {
    all.push_back({person.field(i)->name(),
                   person.field(i)->options().GetExtension(v1::attribute)});
  }
  return all;
}

// Predicates of an attribute, and none.
std::vector<std::string> PredicatesOf(const Attribute& attribute) {
  std::vector<std::string> names = {""};
  for (const auto& predicate : attribute.options.predicates()) {
    names.push_back(predicate.name());
  }
  return names;
}

// Whether anything at all may be known.
bool IsOpen(const Ceiling& ceiling, std::string_view from, std::string_view to,
            const Attribute& attribute) {
  for (const v1::Form form : kForms) {
    for (const std::string& predicate : PredicatesOf(attribute)) {
      if (ceiling.Covers(from, to, attribute.name, form, 0, predicate)) {
        return true;
      }
    }
  }
  return false;
}

TEST(Ceiling, SaysWhatItAllowsAtMost) {
  const Ceiling ceiling = ShippedCeiling();
  const struct {
    std::string_view from, to, attribute, want;
  } cases[] = {
      {"public_security", "public_security", "residence",
       "at most partial with 6 digits"},
      {"public_security", "public_security", "movement", "at most partial"},
      {"public_security", "transport", "name", "at most match"},
      {"public_security", "housing", "name",
       "never from public_security to housing"},
      {"labor", "health", "social_insurance", "at most predicate insured"},
      {"health", "labor", "name", "never from health to labor"},
      {"public_security", "finance", "name",
       "finance has aggregates only, and no person's data"},
  };
  for (const auto& [from, to, attribute, want] : cases) {
    EXPECT_EQ(ceiling.AtMost(from, to, attribute), want);
  }
}

TEST(CompiledCeiling, SpeaksOfAttributesThatExist) {
  for (const CeilingRow& row : CompiledRows()) {
    const auto* attribute =
        v1::Person::descriptor()->FindFieldByName(std::string(row.attribute));
    ASSERT_NE(attribute, nullptr) << row.attribute;
    EXPECT_EQ(row.form == v1::FORM_PREDICATE, !row.predicate.empty());
    if (row.predicate.empty()) continue;
    const auto names =
        PredicatesOf({"", attribute->options().GetExtension(v1::attribute)});
    EXPECT_THAT(names, testing::Contains(std::string(row.predicate)));
  }
}

// Lines of design 8 that must hold whatever else changes, and whatever a file
// says: this one says all that it can spell.
Ceiling OfAFileThatSaysEverything() {
  config::v1::SectorCeiling file;
  for (const std::string& from : kSectors) {
    for (const std::string& to : kSectors) {
      for (const Attribute& attribute : Attributes()) {
        for (const v1::Form form : kForms) {
          for (const std::string& predicate : PredicatesOf(attribute)) {
            config::v1::SectorRow& row = *file.add_rows();
            row.set_from(from);
            row.set_to(to);
            row.add_attributes(attribute.name);
            row.set_form(form);
            row.set_predicate(predicate);
          }
        }
      }
    }
  }
  return Ceiling(file);
}

TEST(Ceiling, NeverLetsThrough) {
  for (const Ceiling& ceiling :
       {Ceiling(), ShippedCeiling(), OfAFileThatSaysEverything()}) {
    for (const Attribute& attribute : Attributes()) {
      SCOPED_TRACE(attribute.name);
      for (const std::string& from : kSectors) {
        for (const std::string& to : kSectors) {
          SCOPED_TRACE(from + " -> " + to);
          const bool is_open = IsOpen(ceiling, from, to, attribute);
          // Health tells nobody but health.
          if (from == "health" && to != "health") {
            EXPECT_FALSE(is_open);
          }
          // Nobody but police tells police.
          if (to == "public_security" && from != to) {
            EXPECT_FALSE(is_open);
          }
          // Finance has aggregates alone.
          if (from == "finance" || to == "finance") {
            EXPECT_FALSE(is_open);
          }
          // Sectors beyond the four tell these nothing (D5.3, absent is
          // denied).
          if (!IsNamedSector(from) && IsNamedSector(to)) {
            EXPECT_FALSE(is_open);
          }
          // Numbers identify by themselves and never flow.
          if (attribute.options.attribute_class() ==
              v1::ATTRIBUTE_CLASS_IDENTIFIER) {
            EXPECT_FALSE(is_open);
          }
          // No address flows whole, and no value to a sector beyond the four.
          if (attribute.options.attribute_class() ==
                  v1::ATTRIBUTE_CLASS_LOCATION ||
              !IsNamedSector(to)) {
            EXPECT_FALSE(ceiling.Covers(from, to, attribute.name,
                                        v1::FORM_VALUE, 0, ""));
          }
          EXPECT_FALSE(ceiling.Covers(from, to, attribute.name,
                                      v1::FORM_UNSPECIFIED, 0, ""));
        }
      }
    }
  }
}

// Each way of asking: a file changes nothing between two of the four, and adds
// nothing to what is compiled in for the others.
TEST(Ceiling, OfAFileCanOnlyTakeAway) {
  const Ceiling all = OfAFileThatSaysEverything();
  const Ceiling none;
  for (const std::string& from : kSectors) {
    for (const std::string& to : kSectors) {
      for (const Attribute& attribute : Attributes()) {
        for (const v1::Form form : kForms) {
          for (const std::string& predicate : PredicatesOf(attribute)) {
            const bool compiled =
                UnderCompiled(from, to, attribute.name, form, 0, predicate);
            const bool of_two_named = IsNamedSector(from) && IsNamedSector(to);
            EXPECT_EQ(all.Covers(from, to, attribute.name, form, 0, predicate),
                      compiled)
                << from << " -> " << to << " " << attribute.name;
            EXPECT_EQ(none.Covers(from, to, attribute.name, form, 0, predicate),
                      compiled && of_two_named)
                << from << " -> " << to << " " << attribute.name;
          }
        }
      }
    }
  }
}

RC_GTEST_PROP(Ceiling, OfARowIsThatRowAndNoOther, ()) {
  const auto attributes = Attributes();
  config::v1::SectorCeiling file;
  file.set_version("one");
  config::v1::SectorRow& row = *file.add_rows();
  row.set_from(*rc::gen::elementOf(kSectors));
  row.set_to(*rc::gen::elementOf(kSectors));
  const Attribute attribute = *rc::gen::elementOf(attributes);
  row.add_attributes(attribute.name);
  row.set_form(*rc::gen::elementOf(kForms));
  row.set_predicate(*rc::gen::elementOf(PredicatesOf(attribute)));
  row.mutable_legal_basis()->set_statute("Decree 663");
  row.mutable_legal_basis()->set_article("art. 7");
  const bool sound = CheckSectorRows(file).empty();
  const Ceiling ceiling(file);
  for (const std::string& from : kSectors) {
    for (const std::string& to : kSectors) {
      if (IsNamedSector(from) && IsNamedSector(to)) continue;
      for (const Attribute& other : attributes) {
        const bool of_the_row = from == row.from() && to == row.to() &&
                                other.name == attribute.name;
        // A file that nothing is wrong with says what it seems to say.
        if (of_the_row) {
          if (sound) RC_ASSERT(IsOpen(ceiling, from, to, other));
        } else {
          RC_ASSERT(!IsOpen(ceiling, from, to, other));
        }
      }
    }
  }
}

TEST(Ceiling, CoversWeakerForms) {
  const struct {
    std::string_view from, to, attribute;
    v1::Form form;
    int digits;
    std::string_view predicate;
    bool want;
  } cases[] = {
      {"public_security", "labor", "name", v1::FORM_VALUE, 0, "", true},
      {"public_security", "labor", "name", v1::FORM_MATCH, 0, "", true},
      {"public_security", "labor", "birth_date", v1::FORM_PARTIAL, 0, "", true},
      {"public_security", "commerce", "name", v1::FORM_VALUE, 0, "", false},
      {"public_security", "commerce", "name", v1::FORM_MATCH, 0, "", true},
      {"public_security", "transport", "name", v1::FORM_MATCH, 0, "", true},
      {"public_security", "transport", "name", v1::FORM_PARTIAL, 0, "", false},
      {"public_security", "labor", "residence", v1::FORM_PARTIAL, 6, "", true},
      {"public_security", "labor", "residence", v1::FORM_PARTIAL, 9, "", false},
      {"public_security", "labor", "residence", v1::FORM_MATCH, 0, "", false},
      {"public_security", "health", "residence", v1::FORM_PARTIAL, 9, "", true},
      {"public_security", "labor", "residence_permit", v1::FORM_PREDICATE, 0,
       "permit_valid", true},
      {"public_security", "labor", "residence_permit", v1::FORM_PREDICATE, 0,
       "insured", false},
      {"labor", "health", "social_insurance", v1::FORM_PREDICATE, 0, "insured",
       true},
      {"labor", "health", "social_insurance", v1::FORM_VALUE, 0, "", false},
      {"labor", "commerce", "employment", v1::FORM_MATCH, 0, "", false},
      {"public_security", "labor", "name", v1::FORM_EXISTS, 0, "", true},
      // A cut that leaves nothing shows nothing either.
      {"public_security", "health", "residence", v1::FORM_EXISTS, 0, "", false},
      {"public_security", "commerce", "name", v1::FORM_EXISTS, 0, "", true},
      // A predicate that nobody can answer shows nothing.
      {"public_security", "labor", "residence_permit", v1::FORM_EXISTS, 0, "",
       false},
      {"labor", "health", "social_insurance", v1::FORM_EXISTS, 0, "", false},
      {"health", "labor", "name", v1::FORM_EXISTS, 0, "", false},
      {"labor", "public_security", "residence", v1::FORM_EXISTS, 0, "", false},
      {"education", "education", "name", v1::FORM_MATCH, 0, "", true},
      // Of two other sectors, a file would have to say so.
      {"education", "housing", "name", v1::FORM_MATCH, 0, "", false},
      {"education", "labor", "name", v1::FORM_MATCH, 0, "", false},
      {"labor", "education", "name", v1::FORM_MATCH, 0, "", false},
      {"", "labor", "name", v1::FORM_MATCH, 0, "", false},
  };
  const Ceiling ceiling = ShippedCeiling();
  for (const auto& [from, to, attribute, form, digits, predicate, want] :
       cases) {
    EXPECT_EQ(ceiling.Covers(from, to, attribute, form, digits, predicate),
              want)
        << from << " -> " << to << " " << attribute << " "
        << v1::Form_Name(form) << " " << digits;
  }
}

// --- the file ---

std::vector<std::string> Complaints(std::string_view yaml) {
  std::vector<std::string> list;
  for (const auto& [field, rule] : CheckSectorRows(RowsOf(yaml))) {
    list.push_back(field + ": " + rule);
  }
  return list;
}

TEST(SectorRows, ThatAreShippedAreSound) {
  EXPECT_THAT(CheckSectorRows(RowsOf(kDefaultSectorRows)), IsEmpty());
  const Ceiling ceiling = ShippedCeiling();
  const auto attributes = Attributes();
  // Who is told something, and who is not.
  for (const std::string_view sector :
       {"education", "transport", "agriculture", "civil_affairs"}) {
    EXPECT_TRUE(ceiling.Covers("public_security", sector, "birth_date",
                               v1::FORM_MATCH, 0, ""));
  }
  for (const Attribute& attribute : attributes) {
    for (const std::string& from : kSectors) {
      EXPECT_FALSE(IsOpen(ceiling, from, "housing", attribute));
      if (from != "womens_federation") {
        EXPECT_FALSE(IsOpen(ceiling, from, "womens_federation", attribute));
      }
    }
  }
}

TEST(SectorRows, AreRefusedByPlaceAndRule) {
  const struct {
    std::string_view name;
    std::string_view row;
    std::string_view want;
  } cases[] = {
      {"of two of the four",
       "{from: public_security, to: labor, attributes: [name], form: match",
       "rows[0].from: one of the two must be a sector beyond the four"},
      {"over what is compiled in",
       "{from: labor, to: education, attributes: [name], form: match",
       "rows[0].attributes[0]: never from labor to education"},
      {"a number",
       "{from: public_security, to: education, attributes: [name, "
       "identifiers], form: match",
       "rows[0].attributes[1]: never from public_security to education"},
      {"health, never",
       "{from: health, to: education, attributes: [name], form: match",
       "rows[0].attributes[0]: never from health to education"},
      {"police, never",
       "{from: education, to: public_security, attributes: [name], form: match",
       "rows[0].attributes[0]: never from education to public_security"},
      {"to labor, never",
       "{from: education, to: labor, attributes: [education], form: match",
       "rows[0].attributes[0]: never from education to labor"},
      {"finance gets nothing",
       "{from: public_security, to: finance, attributes: [name], form: match",
       "rows[0].to: finance has aggregates only, and no person's data"},
      {"finance gives nothing",
       "{from: finance, to: education, attributes: [name], form: match",
       "rows[0].from: finance has aggregates only, and no person's data"},
      {"a value",
       "{from: public_security, to: education, attributes: [name], form: value",
       "rows[0].form: MATCH or PREDICATE"},
      {"a predicate as a match",
       "{from: public_security, to: education, attributes: [residence_permit], "
       "form: match",
       "rows[0].attributes[0]: at most predicate permit_valid"},
      {"another predicate",
       "{from: public_security, to: education, attributes: [residence_permit], "
       "form: predicate, predicate: insured",
       "rows[0].predicate: a predicate of the attribute"},
      {"a predicate beside a match",
       "{from: education, to: education, attributes: [name], form: match, "
       "predicate: permit_valid",
       "rows[0].predicate: only with the form PREDICATE"},
      {"no attribute of a person",
       "{from: public_security, to: education, attributes: [ethnicity], form: "
       "match",
       "rows[0].attributes[0]: a field of Person"},
      {"no attributes", "{from: public_security, to: education, form: match",
       "rows[0].attributes: at least one"},
      {"no sector",
       "{from: public_security, to: Education, attributes: [name], form: match",
       "rows[0].to: 1 to 32 lower-case letters and underscores, a letter "
       "first"},
  };
  for (const auto& [name, row, want] : cases) {
    SCOPED_TRACE(name);
    const std::string yaml =
        "version: v\nrows:\n  - " + std::string(row) +
        ", legal_basis: {statute: Decree 663, article: art. 7}}\n";
    EXPECT_THAT(Complaints(yaml), ElementsAre(std::string(want)));
  }
  EXPECT_THAT(
      Complaints("rows: [{from: education, to: education, attributes: [name], "
                 "form: match}]"),
      ElementsAre("version: 1 to 64 bytes",
                  "rows[0].legal_basis.statute: PIPL art. 13",
                  "rows[0].legal_basis.article: PIPL art. 13"));
}

}  // namespace
}  // namespace waystation::agreement
