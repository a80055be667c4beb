// SPDX-License-Identifier: Apache-2.0
#include "server/domain/attributes.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "waystation/v1/person.pb.h"

namespace waystation::domain {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

const Reflection* ReflectionOf(const Descriptor& message) {
  return google::protobuf::MessageFactory::generated_factory()
      ->GetPrototype(&message)
      ->GetReflection();
}

std::vector<FieldInfo> FieldsOf(const Descriptor& message) {
  const Reflection* reflection = ReflectionOf(message);
  std::vector<FieldInfo> fields;
  fields.reserve(static_cast<std::size_t>(message.field_count()));
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const auto& options = field.options();
    FieldInfo& info = fields.emplace_back();
    info.field = &field;
    info.reflection = reflection;
    info.meaning = options.GetExtension(v1::meaning);
    info.partial = options.GetExtension(v1::partial);
    info.format = options.GetExtension(v1::format);
    info.entry_key = options.GetExtension(v1::entry_key);
    if (const Descriptor* type = field.message_type()) {
      info.is_date = type == v1::Date::descriptor();
      info.is_code = type == v1::Code::descriptor();
      if (!info.is_date && !info.is_code) info.fields = FieldsOf(*type);
    }
  }
  return fields;
}

std::vector<AttributeInfo> ReadDescriptors() {
  const Descriptor& person = *v1::Person::descriptor();
  std::vector<AttributeInfo> attributes;
  attributes.reserve(static_cast<std::size_t>(person.field_count()));
  for (int i = 0; i < person.field_count(); ++i) {
    const FieldDescriptor& field = *person.field(i);
    assert(field.number() < 64 && field.message_type() != nullptr);
    const v1::AttributeOptions& options =
        field.options().GetExtension(v1::attribute);
    AttributeInfo& info = attributes.emplace_back();
    info.number = field.number();
    info.name = field.name();
    info.field = &field;
    info.reflection = ReflectionOf(person);
    info.value_reflection = ReflectionOf(*field.message_type());
    info.attribute_class = options.attribute_class();
    info.is_set = field.is_repeated();
    for (int j = 0; j < options.rule_size(); ++j) {
      info.rule.push_back(options.rule(j));
    }
    info.owners.assign(options.owners().begin(), options.owners().end());
    for (const v1::Predicate& predicate : options.predicates()) {
      info.predicates.push_back({.name = predicate.name(),
                                 .question = predicate.question(),
                                 .about_business = predicate.about_business()});
    }
    info.retention_days = options.retention_days();
    info.fields = FieldsOf(*field.message_type());
  }
  std::ranges::sort(attributes, {}, &AttributeInfo::number);
  return attributes;
}

struct Table {
  std::vector<AttributeInfo> attributes = ReadDescriptors();
  std::array<const AttributeInfo*, 64> by_number{};
  AttributeSet all = 0;

  Table() {
    for (const AttributeInfo& attribute : attributes) {
      by_number[static_cast<std::size_t>(attribute.number)] = &attribute;
      all |= attribute.bit();
    }
  }
};

const Table& GetTable() {
  static const Table table;
  return table;
}

}  // namespace

const PredicateInfo* AttributeInfo::FindPredicate(
    std::string_view predicate) const {
  for (const PredicateInfo& info : predicates) {
    if (info.name == predicate) return &info;
  }
  return nullptr;
}

std::span<const AttributeInfo> Attributes() { return GetTable().attributes; }

const AttributeInfo* FindAttribute(AttributeNumber number) {
  if (number < 0 || number >= 64) return nullptr;
  return GetTable().by_number[static_cast<std::size_t>(number)];
}

const AttributeInfo* FindAttribute(std::string_view name) {
  for (const AttributeInfo& attribute : Attributes()) {
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

const AttributeInfo& GetAttribute(AttributeNumber number) {
  const AttributeInfo* attribute = FindAttribute(number);
  assert(attribute != nullptr);
  return *attribute;
}

AttributeSet AllAttributes() { return GetTable().all; }

std::vector<std::string> AttributeNames(AttributeSet set) {
  std::vector<std::string> names;
  ForEachAttribute(set, [&](AttributeNumber number) {
    if (const AttributeInfo* attribute = FindAttribute(number)) {
      names.push_back(attribute->name);
    }
  });
  return names;
}

}  // namespace waystation::domain
