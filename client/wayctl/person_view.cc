// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/person_view.h"

#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::wayctl {
Sheet PersonSheet(const v1::PersonView& view,
                  const Surroundings& surroundings) {
  Table values{.columns = {{"attribute", Say("ATTRIBUTE")},
                           {"value", Say("VALUE"), false, true},
                           {"status", Say("STATUS")},
                           {"source_agency", Say("SOURCE")},
                           {"recorded_time", Say("RECORDED")},
                           {"valid_from", Say("VALID FROM")},
                           {"grade", Say("GRADE")},
                           {"form", Say("FORM")},
                           {"reason", Say("WHY"), false, true}}};
  for (const v1::AttributeView& attribute : view.attributes()) {
    values.rows.push_back(
        {Cell(SayName(attribute.attribute()), attribute.attribute()),
         AttributeCell(view.person(), attribute.attribute(), attribute.entry()),
         EnumOf(attribute.status()),
         attribute.source_agency() == kOffice
             ? Cell(AgencyText(kOffice), std::string(kOffice))
             : Cell(attribute.source_agency()),
         TimeCell(attribute.recorded_time(), surroundings),
         DateCell(attribute.valid_from()), EnumOf(attribute.grade()),
         EnumOf(attribute.form()),
         attribute.reason().empty()
             ? Cell("")
             : Cell(SayReason(attribute.reason()), attribute.reason())});
  }
  Table predicates{
      .columns = {{"predicate", Say("QUESTION")}, {"answer", Say("ANSWER")}}};
  for (const v1::PredicateAnswer& predicate : view.predicates()) {
    predicates.rows.push_back(
        {Cell(SayName(predicate.predicate()), predicate.predicate()),
         AnswerCell(predicate.answer())});
  }
  Table existing{.columns = {{"existing", Say("CLAIMED BY OTHERS")}}};
  for (const std::string& name : view.existing()) {
    existing.rows.push_back({Cell(SayName(name), name)});
  }
  return {
      .facts = {{"handle", Say("Handle"), view.handle()},
                {"record_keys", Say("Your records"),
                 JoinedCell(view.record_keys())}},
      .sections = {{Say("Attributes"), std::move(values)},
                   {Say("Questions"), std::move(predicates)},
                   {Say("Whether anything is claimed"), std::move(existing)}}};
}

}  // namespace waystation::wayctl
