// SPDX-License-Identifier: Apache-2.0
// People in Latin script as a register might hold them, some of them several
// times and with mistakes: for asking whether linking is general. What is wrong
// with a repeated record follows the published description of Febrl's generator
// (P. Christen and A. Pudjijono, Accurate Synthetic Generation of Realistic
// Personal Information, PAKDD 2009): at most two modifications of a field and
// four of a record, by slips of finger, ear and eye, and missing or exchanged
// values. Families share surname, address and phone.
#ifndef TESTS_BENCH_LATIN_PEOPLE_H_
#define TESTS_BENCH_LATIN_PEOPLE_H_

#include <cstdint>
#include <filesystem>

namespace waystation::bench {

// Writes register/people.csv (rec_id, given_name, surname, date_of_birth,
// street_address, suburb, postcode, phone), the adapter's mapping.yaml for it
// and truth.csv as populations have it. The same seed gives the same bytes.
void WriteLatinPeople(const std::filesystem::path& folder, std::uint64_t people,
                      std::uint64_t seed);

}  // namespace waystation::bench

#endif  // TESTS_BENCH_LATIN_PEOPLE_H_
