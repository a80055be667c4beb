// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/typed_value.h"

#include <google/protobuf/util/json_util.h>

#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::wayctl {

absl::StatusOr<v1::Person> TypedValue(const std::string& attribute,
                                      const std::string& text) {
  v1::Person person;
  if (text.empty()) {
    return errors::Error("USAGE", {.rule = "no value was given"});
  }
  if (attribute == "name") {
    person.mutable_name()->set_full(text);
  } else if (attribute == "birth_date") {
    const auto rule = runtime::ReadScalarMessage(
        text, *person.mutable_birth_date()->mutable_date());
    if (rule) {
      return errors::Error("USAGE", {.field = attribute, .rule = *rule});
    }
  } else if (attribute == "sex") {
    const auto sex = EnumFrom<v1::Sex>(attribute, text);
    if (!sex.ok()) return sex.status();
    person.mutable_sex()->set_value(*sex);
  } else if (attribute == "identifiers" && text.front() != '{') {
    v1::Identifier& identifier = *person.add_identifiers();
    identifier.set_kind(v1::Identifier::KIND_CITIZEN_NUMBER);
    identifier.set_number(text);
  } else {
    const bool is_set =
        v1::Person::descriptor()->FindFieldByName(attribute)->is_repeated();
    const std::string json = "{\"" + attribute + "\":" + (is_set ? "[" : "") +
                             text + (is_set ? "]" : "") + "}";
    if (!google::protobuf::util::JsonStringToMessage(json, &person).ok()) {
      return errors::Error(
          "USAGE", {.field = attribute, .rule = "the JSON of its message"});
    }
  }
  return person;
}

}  // namespace waystation::wayctl
