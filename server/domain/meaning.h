// SPDX-License-Identifier: Apache-2.0
// How two values of one attribute relate, by the `meaning` of their fields
// (design 7). "Refines" is a preorder: reflexive and transitive. Two values
// that refine each other mean the same.
//
// A value is one entry of one attribute: a Person of which that attribute is
// set, and the index of the entry where the attribute is a set.
#ifndef WAYSTATION_SERVER_DOMAIN_MEANING_H_
#define WAYSTATION_SERVER_DOMAIN_MEANING_H_

#include <string>

#include "server/domain/attributes.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace waystation::v1 {
class Person;
}  // namespace waystation::v1

namespace waystation::domain {

// The message of the attribute, or of one entry of it. nullptr if it is not
// set. The pointer lives as long as `person` and its field are not changed.
const google::protobuf::Message* ValueOf(const AttributeInfo& attribute,
                                         const v1::Person& person,
                                         int entry = 0);

// Entries of a set; 1 or 0 for a single attribute.
int EntryCount(const AttributeInfo& attribute, const v1::Person& person);

// Makes `value` (a message of the attribute) all that `person` says.
void SetValue(const AttributeInfo& attribute,
              const google::protobuf::Message& value, v1::Person* person);

// The fields that name the entry, as bytes; empty for a single attribute. Two
// entries with equal keys are the same entry.
std::string EntryKey(const AttributeInfo& attribute,
                     const google::protobuf::Message& value);

// How two values stand to each other.
struct Relation {
  bool refines = true;     // the first says all that the second says
  bool refined = true;     // the second says all that the first says
  bool compatible = true;  // both can be true: in each field one refines

  bool same_meaning() const { return refines && refined; }
  // Of the second to the first.
  Relation Turned() const { return {refined, refines, compatible}; }
};

// Both are messages of `attribute`. The others below ask for a part of it.
Relation Relate(const AttributeInfo& attribute,
                const google::protobuf::Message& a,
                const google::protobuf::Message& b);

bool Refines(const AttributeInfo& attribute,
             const google::protobuf::Message& finer,
             const google::protobuf::Message& coarser);

// Whether both can be true: in each field one refines the other.
bool Compatible(const AttributeInfo& attribute,
                const google::protobuf::Message& a,
                const google::protobuf::Message& b);

// Each refines the other.
bool SameMeaning(const AttributeInfo& attribute,
                 const google::protobuf::Message& a,
                 const google::protobuf::Message& b);

// The same in every field, those that are never compared included.
bool Identical(const AttributeInfo& attribute,
               const google::protobuf::Message& a,
               const google::protobuf::Message& b);

// How many of the fields say something: of two compatible values the one that
// says more is shown.
int Weight(const AttributeInfo& attribute,
           const google::protobuf::Message& value);

// Leaves what the form PARTIAL lets through: a division to `digits`, a date to
// its year, a field marked KEEP whole, and nothing else. Idempotent; the cut of
// a value is refined by the value. False if nothing is left.
bool CutToPartial(const AttributeInfo& attribute, int digits,
                  google::protobuf::Message& value);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_MEANING_H_
