// SPDX-License-Identifier: Apache-2.0
#include "server/domain/meaning.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/codes/code_list.h"
#include "proto/codes/division.h"
#include "proto/codes/education.h"
#include "proto/codes/name.h"
#include "proto/codes/text.h"
#include "server/domain/dates.h"
#include "waystation/v1/person.pb.h"

namespace waystation::domain {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Of one field.
Relation RelationOf(bool refines, bool refined) {
  return {refines, refined, refines || refined};
}
Relation EqualIf(bool equal) { return RelationOf(equal, equal); }

// Free text without what typing adds: spaces, width, case of Latin letters.
std::string TextKey(std::string_view text) {
  std::string key = codes::FoldWidth(text);
  std::erase(key, ' ');
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

Relation RelateText(v1::Meaning meaning, const std::string& a,
                    const std::string& b) {
  if (a == b) return {};
  if (a.empty() || b.empty()) return RelationOf(b.empty(), a.empty());
  switch (meaning) {
    case v1::MEANING_NAME:
      return RelationOf(codes::NameRefines(a, b), codes::NameRefines(b, a));
    case v1::MEANING_DIVISION:
      return RelationOf(codes::DivisionRefines(a, b),
                        codes::DivisionRefines(b, a));
    case v1::MEANING_TEXT:
      return EqualIf(TextKey(a) == TextKey(b));
    default:
      return EqualIf(false);
  }
}

bool SaysNothing(const EnumValueDescriptor& value) {
  return value.number() == 0 || value.options().GetExtension(v1::says_nothing);
}

Relation RelateEnum(const EnumValueDescriptor& a,
                    const EnumValueDescriptor& b) {
  if (a.number() == b.number()) return {};
  return RelationOf(SaysNothing(b), SaysNothing(a));
}

Relation RelateDate(const v1::Date& a, const v1::Date& b) {
  const codes::PartialDate x = ToPartial(a);
  const codes::PartialDate y = ToPartial(b);
  return RelationOf(DateRefines(x, y), DateRefines(y, x));
}

bool CodeRefines(const v1::Code& finer, const v1::Code& coarser) {
  if (codes::EducationRefines(finer.list(), finer.value(), coarser.list(),
                              coarser.value())) {
    return true;
  }
  if (finer.list() != coarser.list()) return false;
  const codes::CodeList* list = codes::FindCodeList(finer.list());
  return list != nullptr && list->Refines(finer.value(), coarser.value());
}

Relation RelateCode(v1::Meaning meaning, const v1::Code& a, const v1::Code& b) {
  if (a.value() == b.value() && a.list() == b.list()) return {};
  if (a.value().empty() || b.value().empty()) {
    return RelationOf(b.value().empty(), a.value().empty());
  }
  if (meaning != v1::MEANING_CODE) return EqualIf(false);
  return RelationOf(CodeRefines(a, b), CodeRefines(b, a));
}

Relation RelateMessages(const std::vector<FieldInfo>& fields, const Message& a,
                        const Message& b);

// The messages of a field that is no set.
Relation RelateParts(const FieldInfo& info, const Message& a,
                     const Message& b) {
  if (info.is_date) {
    return RelateDate(static_cast<const v1::Date&>(a),
                      static_cast<const v1::Date&>(b));
  }
  if (info.is_code) {
    return RelateCode(info.meaning, static_cast<const v1::Code&>(a),
                      static_cast<const v1::Code&>(b));
  }
  return RelateMessages(info.fields, a, b);
}

// One element of a repeated field against one of another.
Relation RelateElements(const FieldInfo& info, const Message& a, int i,
                        const Message& b, int j) {
  const Reflection& reflection = *info.reflection;
  if (info.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return RelateParts(info, reflection.GetRepeatedMessage(a, info.field, i),
                       reflection.GetRepeatedMessage(b, info.field, j));
  }
  if (info.field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return RelateEnum(*reflection.GetRepeatedEnum(a, info.field, i),
                      *reflection.GetRepeatedEnum(b, info.field, j));
  }
  std::string scratch_a;
  std::string scratch_b;
  return RelateText(
      info.meaning,
      reflection.GetRepeatedStringReference(a, info.field, i, &scratch_a),
      reflection.GetRepeatedStringReference(b, info.field, j, &scratch_b));
}

// Whether each element of `coarser` is refined by one of `finer`.
bool SetRefines(const FieldInfo& info, const Message& finer,
                const Message& coarser) {
  const Reflection& reflection = *info.reflection;
  const int finer_size = reflection.FieldSize(finer, info.field);
  const int coarser_size = reflection.FieldSize(coarser, info.field);
  for (int j = 0; j < coarser_size; ++j) {
    bool found = false;
    for (int i = 0; i < finer_size && !found; ++i) {
      found = RelateElements(info, finer, i, coarser, j).refines;
    }
    if (!found) return false;
  }
  return true;
}

Relation RelateField(const FieldInfo& info, const Message& a,
                     const Message& b) {
  const Reflection& reflection = *info.reflection;
  const FieldDescriptor* field = info.field;
  if (field->is_repeated()) {
    return RelationOf(SetRefines(info, a, b), SetRefines(info, b, a));
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch_a;
      std::string scratch_b;
      return RelateText(info.meaning,
                        reflection.GetStringReference(a, field, &scratch_a),
                        reflection.GetStringReference(b, field, &scratch_b));
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return RelateEnum(*reflection.GetEnum(a, field),
                        *reflection.GetEnum(b, field));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const bool has_a = reflection.HasField(a, field);
      const bool has_b = reflection.HasField(b, field);
      if (!has_a || !has_b) return RelationOf(!has_b, !has_a);
      return RelateParts(info, reflection.GetMessage(a, field),
                         reflection.GetMessage(b, field));
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return EqualIf(reflection.GetBool(a, field) ==
                     reflection.GetBool(b, field));
    case FieldDescriptor::CPPTYPE_INT32: {
      const int x = reflection.GetInt32(a, field);
      const int y = reflection.GetInt32(b, field);
      return x == y ? Relation{} : RelationOf(y == 0, x == 0);
    }
    default:
      return EqualIf(false);
  }
}

Relation RelateMessages(const std::vector<FieldInfo>& fields, const Message& a,
                        const Message& b) {
  Relation relation;
  for (const FieldInfo& info : fields) {
    if (info.meaning == v1::MEANING_DETAIL) continue;
    const Relation field = RelateField(info, a, b);
    relation.refines = relation.refines && field.refines;
    relation.refined = relation.refined && field.refined;
    if (!field.compatible) return EqualIf(false);
  }
  return relation;
}

bool IdenticalMessages(const std::vector<FieldInfo>& fields, const Message& a,
                       const Message& b);

bool IdenticalParts(const FieldInfo& info, const Message& a, const Message& b) {
  if (info.is_date) {
    return ToPartial(static_cast<const v1::Date&>(a)) ==
           ToPartial(static_cast<const v1::Date&>(b));
  }
  if (info.is_code) {
    const auto& x = static_cast<const v1::Code&>(a);
    const auto& y = static_cast<const v1::Code&>(b);
    return x.value() == y.value() && x.list() == y.list();
  }
  return IdenticalMessages(info.fields, a, b);
}

bool IdenticalElements(const FieldInfo& info, const Message& a,
                       const Message& b) {
  const Reflection& reflection = *info.reflection;
  const int size = reflection.FieldSize(a, info.field);
  if (size != reflection.FieldSize(b, info.field)) return false;
  for (int i = 0; i < size; ++i) {
    bool same = false;
    if (info.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      same =
          IdenticalParts(info, reflection.GetRepeatedMessage(a, info.field, i),
                         reflection.GetRepeatedMessage(b, info.field, i));
    } else if (info.field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      same = reflection.GetRepeatedEnumValue(a, info.field, i) ==
             reflection.GetRepeatedEnumValue(b, info.field, i);
    } else {
      std::string scratch_a;
      std::string scratch_b;
      same =
          reflection.GetRepeatedStringReference(a, info.field, i, &scratch_a) ==
          reflection.GetRepeatedStringReference(b, info.field, i, &scratch_b);
    }
    if (!same) return false;
  }
  return true;
}

bool IdenticalMessages(const std::vector<FieldInfo>& fields, const Message& a,
                       const Message& b) {
  return std::ranges::all_of(fields, [&](const FieldInfo& info) {
    const Reflection& reflection = *info.reflection;
    const FieldDescriptor* field = info.field;
    if (field->is_repeated()) return IdenticalElements(info, a, b);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch_a;
        std::string scratch_b;
        return reflection.GetStringReference(a, field, &scratch_a) ==
               reflection.GetStringReference(b, field, &scratch_b);
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.GetEnumValue(a, field) ==
               reflection.GetEnumValue(b, field);
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const bool has = reflection.HasField(a, field);
        if (has != reflection.HasField(b, field)) return false;
        return !has || IdenticalParts(info, reflection.GetMessage(a, field),
                                      reflection.GetMessage(b, field));
      }
      default:
        return RelateField(info, a, b).refines &&
               RelateField(info, b, a).refines;
    }
  });
}

// The first `digits` digits, as six at least: 3205 is the prefecture 320500.
std::string CutDivision(const std::string& division, int digits) {
  std::string cut = division.substr(0, static_cast<std::size_t>(digits));
  if (cut.size() < 6) cut.resize(6, '0');
  return cut;
}

}  // namespace

const Message* ValueOf(const AttributeInfo& attribute, const v1::Person& person,
                       int entry) {
  const Reflection& reflection = *attribute.reflection;
  if (attribute.is_set) {
    if (entry >= reflection.FieldSize(person, attribute.field)) return nullptr;
    return &reflection.GetRepeatedMessage(person, attribute.field, entry);
  }
  if (!reflection.HasField(person, attribute.field)) return nullptr;
  return &reflection.GetMessage(person, attribute.field);
}

int EntryCount(const AttributeInfo& attribute, const v1::Person& person) {
  const Reflection& reflection = *attribute.reflection;
  if (attribute.is_set) return reflection.FieldSize(person, attribute.field);
  return reflection.HasField(person, attribute.field) ? 1 : 0;
}

void SetValue(const AttributeInfo& attribute, const Message& value,
              v1::Person* person) {
  person->Clear();
  const Reflection& reflection = *attribute.reflection;
  Message* message = attribute.is_set
                         ? reflection.AddMessage(person, attribute.field)
                         : reflection.MutableMessage(person, attribute.field);
  message->CopyFrom(value);
}

std::string EntryKey(const AttributeInfo& attribute, const Message& value) {
  std::string key;
  if (!attribute.is_set) return key;
  const Reflection& reflection = *attribute.value_reflection;
  for (const FieldInfo& info : attribute.fields) {
    if (!info.entry_key) continue;
    if (!key.empty()) key.push_back('\x1f');
    if (info.field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      key += std::to_string(reflection.GetEnumValue(value, info.field));
    } else {
      std::string scratch;
      key += reflection.GetStringReference(value, info.field, &scratch);
    }
  }
  return key;
}

Relation Relate(const AttributeInfo& attribute, const Message& a,
                const Message& b) {
  return RelateMessages(attribute.fields, a, b);
}

bool Refines(const AttributeInfo& attribute, const Message& finer,
             const Message& coarser) {
  return RelateMessages(attribute.fields, finer, coarser).refines;
}

bool Compatible(const AttributeInfo& attribute, const Message& a,
                const Message& b) {
  return RelateMessages(attribute.fields, a, b).compatible;
}

bool SameMeaning(const AttributeInfo& attribute, const Message& a,
                 const Message& b) {
  return RelateMessages(attribute.fields, a, b).same_meaning();
}

bool Identical(const AttributeInfo& attribute, const Message& a,
               const Message& b) {
  return IdenticalMessages(attribute.fields, a, b);
}

int Weight(const AttributeInfo& attribute, const Message& value) {
  const Reflection& reflection = *attribute.value_reflection;
  int weight = 0;
  for (const FieldInfo& info : attribute.fields) {
    weight += info.field->is_repeated()
                  ? reflection.FieldSize(value, info.field)
                  : static_cast<int>(reflection.HasField(value, info.field));
  }
  return weight;
}

bool CutToPartial(const AttributeInfo& attribute, int digits, Message& value) {
  const Reflection& reflection = *attribute.value_reflection;
  bool left = false;
  for (const FieldInfo& info : attribute.fields) {
    const FieldDescriptor* field = info.field;
    switch (info.partial) {
      case v1::PARTIAL_CUT_DIVISION: {
        std::string scratch;
        const std::string& division =
            reflection.GetStringReference(value, field, &scratch);
        if (division.empty()) break;
        std::string cut = CutDivision(division, digits);
        if (cut != division) {
          reflection.SetString(&value, field, std::move(cut));
        }
        left = true;
        break;
      }
      case v1::PARTIAL_CUT_YEAR: {
        if (!reflection.HasField(value, field)) break;
        auto& date =
            static_cast<v1::Date&>(*reflection.MutableMessage(&value, field));
        date.clear_month();
        date.clear_day();
        date.clear_leap_month();
        left = true;
        break;
      }
      case v1::PARTIAL_CUT_KEEP:
        left = left ||
               (field->is_repeated() ? reflection.FieldSize(value, field) > 0
                                     : reflection.HasField(value, field));
        break;
      default:
        reflection.ClearField(&value, field);
    }
  }
  return left;
}

}  // namespace waystation::domain
