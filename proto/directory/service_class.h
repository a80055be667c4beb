// SPDX-License-Identifier: Apache-2.0
// Classes of the directory of services. A service's code is <class>.<name>,
// such as "employment.job_fair". Codes of class health exist in the directory
// only and are never held with a person (design 4), so what is of no known
// class is refused too: it might be one.
#ifndef WAYSTATION_PROTO_DIRECTORY_SERVICE_CLASS_H_
#define WAYSTATION_PROTO_DIRECTORY_SERVICE_CLASS_H_

#include <algorithm>
#include <array>
#include <string_view>

namespace waystation::directory {

inline constexpr std::string_view kHealthServiceClass = "health";

inline constexpr auto kServiceClasses = std::to_array<std::string_view>({
    "business",      // licences, stalls, loans
    "education",     // schooling of the person, evening classes
    "employment",    // placement, fairs, wage claims
    "housing",       // public rental, dormitories
    "legal_aid",     // advice, mediation
    "registration",  // residence permit and registration desk
    "social_aid",    // hardship help, shelters
    "training",      // vocational courses
});

// Before the first dot; all of it where there is none.
constexpr std::string_view ServiceClassOf(std::string_view code) {
  return code.substr(0, code.find('.'));
}

// Whether the code has a name and a class that persons' records may hold.
constexpr bool IsServiceCode(std::string_view code) {
  const std::string_view service_class = ServiceClassOf(code);
  return code.size() > service_class.size() + 1 &&
         std::ranges::find(kServiceClasses, service_class) !=
             kServiceClasses.end();
}

}  // namespace waystation::directory

#endif  // WAYSTATION_PROTO_DIRECTORY_SERVICE_CLASS_H_
