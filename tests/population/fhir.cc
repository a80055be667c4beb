// SPDX-License-Identifier: Apache-2.0
#include "tests/population/fhir.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "tests/population/spelling.h"

namespace waystation::population {
namespace {

constexpr std::string_view kCitizenNumber = "urn:oid:2.16.156.10011.1.3";
constexpr std::string_view kCodeSystems =
    "http://terminology.hl7.org/CodeSystem/";

// The code point of one UTF-8 character.
char32_t PointOf(std::string_view character) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(character[i]);
  };
  if (character.size() == 1) return byte(0);
  char32_t point = byte(0) & (0xFFu >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) {
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  return point;
}

std::string Escaped(char32_t point) {
  if (point < 0x10000) {
    return absl::StrFormat("\\u%04x", static_cast<unsigned>(point));
  }
  const auto rest = static_cast<unsigned>(point - 0x10000);
  return absl::StrFormat("\\u%04x\\u%04x", 0xD800 + (rest >> 10),
                         0xDC00 + (rest & 0x3FF));
}

// Writes one JSON object, whose members are JSON already.
class Object {
 public:
  explicit Object(bool escape) : escape_(escape) {}

  Object& Raw(std::string_view name, std::string_view json) {
    text_ += text_.empty() ? "{" : ",";
    text_ += '"';
    text_ += name;
    text_ += "\":";
    text_ += json;
    return *this;
  }
  Object& Text(std::string_view name, std::string_view value) {
    return Raw(name, JsonString(value, escape_));
  }
  std::string Json() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  bool escape_;
  std::string text_;
};

std::string ListOf(const std::vector<std::string>& members) {
  std::string text;
  for (const std::string& one : members)
    text += (text.empty() ? "" : ",") + one;
  return "[" + text + "]";
}

// One Patient of one record.
class Patient {
 public:
  explicit Patient(const Row& row)
      : row_(row),
        record_(row.record),
        person_(*row.record.person),
        // A name that is broken inside must stand there in one piece.
        whole_(row.damage == Damage::kNone),
        escape_(whole_ && record_.Has("json_escaped")),
        random_(Stream(person_.index, 4, Purpose::kLife, 7)) {}

  std::string Json() {
    Object patient = Make();
    patient.Text("resourceType", "Patient");
    if (row_.damage != Damage::kNoKey) patient.Text("id", row_.key);
    patient
        .Raw(
            "meta",
            Make().Text("lastUpdated", ZonedTime(row_.content.modified)).Json())
        .Raw("extension", Extensions())
        .Raw("identifier", Identifiers())
        .Raw("active", "true")
        .Raw("name", Names());
    const bool of_another = record_.Has("phone_of_contact");
    if (!of_another) patient.Raw("telecom", Telecom(PhoneText()));
    patient.Text("gender", Gender()).Text("birthDate", record_.birth);
    if (!record_.Has("address_missing")) patient.Raw("address", Address());
    patient.Raw("maritalStatus", MaritalStatus())
        .Raw("multipleBirthBoolean", "false")
        .Raw("contact", Contact(of_another))
        .Raw("generalPractitioner",
             ListOf({Make().Text("display", "全科门诊").Json()}));
    return Make().Raw("resource", patient.Json()).Json();
  }

 private:
  Object Make() const { return Object(escape_); }

  // Ethnicity by the letters of GB/T 3304-1991.
  std::string Extensions() const {
    return ListOf({Make()
                       .Text("url", "urn:oid:2.16.156.10011.2.3.3.3")
                       .Text("valueCode", person_.name.minority() ? "UG" : "HA")
                       .Json(),
                   Make()
                       .Text("url", "urn:waystation:demo:pregnancy-status")
                       .Text("valueCode", "unknown")
                       .Json()});
  }

  std::string Identifiers() {
    const std::string& place = record_.agency->place->division;
    const std::string type =
        Make()
            .Raw("coding",
                 ListOf(
                     {Make()
                          .Text("system", std::string(kCodeSystems) + "v2-0203")
                          .Text("code", "MR")
                          .Json()}))
            .Json();
    const std::string of_hospital =
        Make()
            .Text("use", "usual")
            .Raw("type", type)
            .Text("system", "urn:waystation:demo:mrn:" + place)
            .Text("value", "MR" + row_.key.substr(row_.key.size() - 8))
            .Json();
    if (record_.number.empty()) return ListOf({of_hospital});
    const std::string of_citizen =
        Make()
            .Text("use", record_.Has("number_temporary") ? "temp" : "official")
            .Text("system", kCitizenNumber)
            .Text("value", record_.number)
            .Json();
    return random_.Chance(5000) ? ListOf({of_citizen, of_hospital})
                                : ListOf({of_hospital, of_citizen});
  }

  std::string Names() const {
    Object official = Make();
    official.Text("use", "official");
    if (whole_ && record_.Has("name_in_parts")) {
      AddParts(official);
    } else {
      official.Raw("text", NameText());
    }
    if (!whole_ || !record_.Has("name_usual_first")) {
      return ListOf({official.Json()});
    }
    const std::string usual = "小" + person_.name.characters.back();
    return ListOf({Make().Text("use", "usual").Text("text", usual).Json(),
                   official.Json()});
  }

  // The text of the name, broken where the row is.
  std::string NameText() const {
    std::string text = JsonString(record_.name, escape_);
    if (row_.damage == Damage::kCutInCharacter) {
      text.erase(text.size() - 2, 1);
    } else if (row_.damage == Damage::kLoneSurrogate) {
      text.insert(text.size() - 1, "\\ud87e");
    }
    return text;
  }

  // Surname and given name as the register spells them; the given name as one
  // word, or character by character.
  void AddParts(Object& name) const {
    const std::vector<std::string> characters = Characters(record_.name);
    const std::size_t surname = characters.size() > person_.name.surname_size
                                    ? person_.name.surname_size
                                    : 0;
    std::string family;
    std::vector<std::string> given;
    for (std::size_t i = 0; i < characters.size(); ++i) {
      if (i < surname) {
        family += characters[i];
      } else if (given.empty() || (surname > 0 && person_.index % 2 == 0)) {
        given.push_back(characters[i]);
      } else {
        given.back() += characters[i];
      }
    }
    if (!family.empty()) name.Text("family", family);
    for (std::string& word : given) word = JsonString(word, escape_);
    name.Raw("given", ListOf(given));
  }

  std::string PhoneText() const {
    const std::string& phone = row_.content.phone;
    return record_.Has("phone_spaced")
               ? "+86 " + phone.substr(0, 3) + " " + phone.substr(3, 4) + " " +
                     phone.substr(7)
               : phone;
  }

  std::string Telecom(const std::string& phone) const {
    return ListOf({Make()
                       .Text("system", "phone")
                       .Text("value", phone)
                       .Text("use", "mobile")
                       .Json()});
  }

  std::string Gender() const {
    const bool man = person_.sex == Sex::kMale;
    if (record_.Has("gender_of_v2")) return man ? "M" : "F";
    return man ? "male" : "female";
  }

  std::string Address() const {
    const Home& home = row_.content.home;
    Object address = Make();
    address.Text("use", "home").Text("text", home.address);
    if (!record_.Has("district_missing")) {
      address.Text("district", home.county->code + home.town);
    }
    address.Text("postalCode", "215000").Text("country", "CN");
    return ListOf({address.Json()});
  }

  std::string MaritalStatus() {
    return Make()
        .Raw("coding",
             ListOf({Make()
                         .Text("system",
                               std::string(kCodeSystems) + "v3-MaritalStatus")
                         .Text("code", random_.Chance(6000) ? "M" : "S")
                         .Json()}))
        .Json();
  }

  // Another person, whose telephone it is.
  std::string Contact(bool with_phone) {
    Object contact = Make();
    contact.Raw("name",
                Make()
                    .Text("text", absl::StrFormat("仉联系人%d",
                                                  random_.Below(1'000'000)))
                    .Json());
    if (with_phone) contact.Raw("telecom", Telecom(row_.content.phone));
    return ListOf({contact.Json()});
  }

  const Row& row_;
  const Record& record_;
  const Person& person_;
  bool whole_;
  bool escape_;
  Random random_;
};

}  // namespace

std::string JsonString(std::string_view text, bool escape) {
  std::string json = "\"";
  for (const std::string& character : Characters(std::string(text))) {
    const char32_t point = PointOf(character);
    const bool is_control = point < 0x20;
    if (character == "\"" || character == "\\") {
      json += "\\" + character;
    } else if (is_control || (escape && point > 0x7F)) {
      json += Escaped(point);
    } else {
      json += character;
    }
  }
  return json + "\"";
}

std::string FhirBundle::Head(const Agency&, int batch, std::uint64_t) const {
  return R"({"resourceType":"Bundle","type":"collection","timestamp":")" +
         ZonedTime(kExportDays[batch] + std::chrono::hours(6)) +
         "\",\"entry\":[\n";
}

std::vector<std::string> FhirBundle::Rows(const Row& row, bool first) const {
  return {(first ? "" : ",\n") + Patient(row).Json()};
}

std::string FhirBundle::Tail() const { return "\n]}\n"; }

}  // namespace waystation::population
