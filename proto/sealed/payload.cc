// SPDX-License-Identifier: Apache-2.0
#include "proto/sealed/payload.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/errors/error.h"

namespace waystation::sealed {
namespace {

using rapidjson::Value;
using Type = v1::SealedAttachment::Type;

constexpr int kMostDepth = 16;

// A resource of FHIR R4 (hl7.org/fhir/R4), with those of its elements that are
// taken. `required` are those of which R4 wants one, and whom it is about.
struct Resource {
  std::string_view name;
  std::span<const std::string_view> elements;
  std::span<const std::string_view> required;
  // The element that says whose it is; empty where it is nobody's.
  std::string_view whose;
};

constexpr std::string_view kBundle[] = {
    "resourceType", "id", "meta", "identifier", "type", "timestamp", "entry"};
constexpr std::string_view kEntry[] = {"fullUrl", "resource"};

constexpr std::string_view kPatient[] = {"resourceType",
                                         "id",
                                         "meta",
                                         "identifier",
                                         "active",
                                         "name",
                                         "telecom",
                                         "gender",
                                         "birthDate",
                                         "address",
                                         "managingOrganization"};
constexpr std::string_view kImmunization[] = {
    "resourceType",     "id",           "meta",
    "identifier",       "status",       "statusReason",
    "vaccineCode",      "patient",      "occurrenceDateTime",
    "occurrenceString", "recorded",     "primarySource",
    "location",         "manufacturer", "lotNumber",
    "expirationDate",   "site",         "route",
    "doseQuantity",     "performer",    "note",
    "isSubpotent",      "reaction",     "protocolApplied"};
constexpr std::string_view kImmunizationNeeds[] = {"status", "vaccineCode",
                                                   "patient"};
constexpr std::string_view kOrganization[] = {
    "resourceType", "id", "meta", "identifier", "name", "telecom", "address"};
constexpr std::string_view kOrganizationNeeds[] = {"name"};
constexpr std::string_view kObservation[] = {"resourceType",
                                             "id",
                                             "meta",
                                             "identifier",
                                             "status",
                                             "category",
                                             "code",
                                             "subject",
                                             "encounter",
                                             "effectiveDateTime",
                                             "effectivePeriod",
                                             "issued",
                                             "performer",
                                             "valueQuantity",
                                             "valueCodeableConcept",
                                             "valueString",
                                             "valueBoolean",
                                             "valueInteger",
                                             "valueDateTime",
                                             "dataAbsentReason",
                                             "interpretation",
                                             "note",
                                             "bodySite",
                                             "method",
                                             "referenceRange",
                                             "component"};
constexpr std::string_view kObservationNeeds[] = {"status", "code", "subject"};
constexpr std::string_view kCondition[] = {
    "resourceType",   "id",
    "meta",           "identifier",
    "clinicalStatus", "verificationStatus",
    "category",       "severity",
    "code",           "bodySite",
    "subject",        "encounter",
    "onsetDateTime",  "abatementDateTime",
    "recordedDate",   "note"};
constexpr std::string_view kConditionNeeds[] = {"subject", "code"};
constexpr std::string_view kEncounter[] = {
    "resourceType", "id",         "meta",           "identifier",
    "status",       "class",      "type",           "subject",
    "period",       "reasonCode", "serviceProvider"};
constexpr std::string_view kEncounterNeeds[] = {"status", "class", "subject"};
constexpr std::string_view kCarePlan[] = {
    "resourceType", "id",       "meta",        "identifier", "status",
    "intent",       "title",    "description", "subject",    "period",
    "created",      "activity", "note"};
constexpr std::string_view kCarePlanNeeds[] = {"status", "intent", "subject"};
constexpr std::string_view kRelatedPerson[] = {
    "resourceType", "id",           "meta", "identifier",
    "patient",      "relationship", "name", "birthDate"};
constexpr std::string_view kRelatedPersonNeeds[] = {"patient", "relationship"};

constexpr Resource kVaccination[] = {
    {"Patient", kPatient, {}, ""},
    {"Immunization", kImmunization, kImmunizationNeeds, "patient"},
    {"Organization", kOrganization, kOrganizationNeeds, ""}};
constexpr Resource kMaternalChild[] = {
    {"Patient", kPatient, {}, ""},
    {"Immunization", kImmunization, kImmunizationNeeds, "patient"},
    {"Organization", kOrganization, kOrganizationNeeds, ""},
    {"Observation", kObservation, kObservationNeeds, "subject"},
    {"Condition", kCondition, kConditionNeeds, "subject"},
    {"Encounter", kEncounter, kEncounterNeeds, "subject"},
    {"CarePlan", kCarePlan, kCarePlanNeeds, "subject"},
    {"RelatedPerson", kRelatedPerson, kRelatedPersonNeeds, "patient"}};

// What may be nowhere, however deep: it would carry what no list names.
constexpr std::string_view kNowhere[] = {
    "extension",  "modifierExtension", "contained",         "div", "photo",
    "attachment", "valueAttachment",   "contentAttachment", "data"};

absl::Status Wrong(std::string field, std::string rule) {
  // The whole of it has no name.
  if (field.empty()) field = "payload";
  return errors::Error("PAYLOAD_NOT_OF_TYPE",
                       {.field = std::move(field), .rule = std::move(rule)});
}

std::string_view TextOf(const Value& value) {
  if (!value.IsString()) return {};
  return {value.GetString(), value.GetStringLength()};
}

const Value* Find(const Value& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  for (auto at = object.MemberBegin(); at != object.MemberEnd(); ++at) {
    if (TextOf(at->name) == name) return &at->value;
  }
  return nullptr;
}

bool Holds(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// A name that is none of FHIR's may itself be a personal value.
std::string Shown(std::string_view element) {
  const bool plain =
      element.size() <= 32 && std::ranges::all_of(element, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      });
  return plain ? std::string(element) : std::string("?");
}

std::string Within(const std::string& path, std::string_view element) {
  const std::string shown = Shown(element);
  return path.empty() ? shown : absl::StrCat(path, ".", shown);
}

// That each element stands once, and none that may be nowhere. Two readers may
// take one of two, and not the same.
absl::Status CheckTree(const Value& value, const std::string& path, int depth) {
  if (depth > kMostDepth) return Wrong(path, "at most 16 elements deep");
  if (value.IsArray()) {
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
      if (auto status =
              CheckTree(value[i], absl::StrCat(path, "[", i, "]"), depth + 1);
          !status.ok()) {
        return status;
      }
    }
  }
  if (!value.IsObject()) return absl::OkStatus();
  std::set<std::string_view> seen;
  for (auto at = value.MemberBegin(); at != value.MemberEnd(); ++at) {
    const std::string_view name = TextOf(at->name);
    std::string inner = Within(path, name);
    if (Holds(kNowhere, name) || name.starts_with("_")) {
      return Wrong(std::move(inner), "an element that is handed over");
    }
    if (!seen.insert(name).second) {
      return Wrong(std::move(inner), "each element once");
    }
    if (auto status = CheckTree(at->value, inner, depth + 1); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status CheckElements(const Value& object, const std::string& path,
                           std::span<const std::string_view> elements) {
  if (!object.IsObject()) return Wrong(path, "an object");
  for (auto at = object.MemberBegin(); at != object.MemberEnd(); ++at) {
    if (!Holds(elements, TextOf(at->name))) {
      return Wrong(Within(path, TextOf(at->name)),
                   "an element that is handed over");
    }
  }
  return absl::OkStatus();
}

std::string WithoutSpaces(std::string_view text) {
  std::string kept(text);
  std::erase(kept, ' ');
  return kept;
}

PayloadPatient PatientOf(const Value& resource) {
  PayloadPatient patient;
  if (const Value* born = Find(resource, "birthDate")) {
    patient.birth_date = TextOf(*born);
  }
  const Value* const names = Find(resource, "name");
  if (names == nullptr || !names->IsArray() || names->Empty()) return patient;
  const Value& name = (*names)[0];
  if (const Value* text = Find(name, "text")) {
    patient.name = WithoutSpaces(TextOf(*text));
    return patient;
  }
  if (const Value* family = Find(name, "family")) {
    patient.name = WithoutSpaces(TextOf(*family));
  }
  const Value* const given = Find(name, "given");
  if (given != nullptr && given->IsArray()) {
    for (const Value& part : given->GetArray()) {
      patient.name += WithoutSpaces(TextOf(part));
    }
  }
  return patient;
}

class Reader {
 public:
  explicit Reader(Type type)
      : resources_(type == v1::SealedAttachment::TYPE_VACCINATION_HISTORY
                       ? std::span<const Resource>(kVaccination)
                       : std::span<const Resource>(kMaternalChild)),
        of_one_(type == v1::SealedAttachment::TYPE_VACCINATION_HISTORY) {}

  absl::StatusOr<Payload> Read(const Value& bundle) {
    if (auto status = CheckTree(bundle, "", 1); !status.ok()) return status;
    if (auto status = CheckElements(bundle, "", kBundle); !status.ok()) {
      return status;
    }
    if (const Value* kind = Find(bundle, "resourceType");
        kind == nullptr || TextOf(*kind) != "Bundle") {
      return Wrong("resourceType", "a FHIR R4 Bundle");
    }
    if (const Value* type = Find(bundle, "type");
        type == nullptr || TextOf(*type) != "collection") {
      return Wrong("type", "collection");
    }
    const Value* const entries = Find(bundle, "entry");
    if (entries == nullptr || !entries->IsArray()) {
      return Wrong("entry", "an array");
    }
    // Whom what follows may be about is to be known first.
    for (const bool patients : {true, false}) {
      for (rapidjson::SizeType i = 0; i < entries->Size(); ++i) {
        const std::string path = absl::StrCat("entry[", i, "]");
        if (auto status = ReadEntry((*entries)[i], path, patients);
            !status.ok()) {
          return status;
        }
      }
    }
    const std::size_t most = of_one_ ? 1 : 5;
    if (payload_.patients.empty() || payload_.patients.size() > most) {
      return Wrong("entry", of_one_ ? "exactly one Patient"
                                    : "a mother, her children, or both");
    }
    if (others_ == 0) return Wrong("entry", "something to hand over");
    return std::move(payload_);
  }

 private:
  absl::Status ReadEntry(const Value& entry, const std::string& path,
                         bool patients) {
    if (auto status = CheckElements(entry, path, kEntry); !status.ok()) {
      return status;
    }
    const std::string inner = path + ".resource";
    const Value* const resource = Find(entry, "resource");
    if (resource == nullptr || !resource->IsObject()) {
      return Wrong(inner, "a resource");
    }
    const Value* const kind = Find(*resource, "resourceType");
    const auto known = std::ranges::find(
        resources_, kind == nullptr ? std::string_view() : TextOf(*kind),
        &Resource::name);
    if (known == resources_.end()) {
      return Wrong(inner + ".resourceType", "a resource of the payload's type");
    }
    if (auto status = CheckElements(*resource, inner, known->elements);
        !status.ok()) {
      return status;
    }
    const bool is_patient = known->name == "Patient";
    if (is_patient != patients) return absl::OkStatus();
    if (is_patient) {
      if (const Value* id = Find(*resource, "id")) {
        names_.insert(absl::StrCat("Patient/", AsView(TextOf(*id))));
      }
      if (const Value* url = Find(entry, "fullUrl")) {
        names_.emplace(TextOf(*url));
      }
      payload_.patients.push_back(PatientOf(*resource));
      return absl::OkStatus();
    }
    return CheckResource(*resource, *known, inner);
  }

  absl::Status CheckResource(const Value& resource, const Resource& known,
                             const std::string& path) {
    for (const std::string_view element : known.required) {
      if (Find(resource, element) == nullptr) {
        return Wrong(Within(path, element), "an element that R4 requires");
      }
    }
    if (known.name == "Immunization" &&
        Find(resource, "occurrenceDateTime") == nullptr &&
        Find(resource, "occurrenceString") == nullptr) {
      return Wrong(Within(path, "occurrenceDateTime"),
                   "an element that R4 requires");
    }
    if (known.whose.empty()) return absl::OkStatus();
    ++others_;
    const Value* const whose = Find(resource, known.whose);
    const Value* const reference = Find(*whose, "reference");
    if (reference == nullptr ||
        !names_.contains(std::string(TextOf(*reference)))) {
      return Wrong(Within(path, known.whose), "a Patient of this Bundle");
    }
    return absl::OkStatus();
  }

  static absl::string_view AsView(std::string_view text) {
    return {text.data(), text.size()};
  }

  const std::span<const Resource> resources_;
  const bool of_one_;
  // References to the patients.
  std::set<std::string> names_;
  std::size_t others_ = 0;
  Payload payload_;
};

}  // namespace

absl::StatusOr<Payload> ReadPayload(Type type, std::string_view json) {
  if (type == v1::SealedAttachment::TYPE_UNSPECIFIED ||
      !v1::SealedAttachment::Type_IsValid(type)) {
    return Wrong("type", "one of the closed list");
  }
  rapidjson::Document bundle;
  // Without recursion, however deep what was sent is.
  bundle.Parse<rapidjson::kParseIterativeFlag |
               rapidjson::kParseValidateEncodingFlag |
               rapidjson::kParseFullPrecisionFlag>(json.data(), json.size());
  if (bundle.HasParseError() || !bundle.IsObject()) {
    return Wrong("", "JSON in UTF-8");
  }
  return Reader(type).Read(bundle);
}

}  // namespace waystation::sealed
