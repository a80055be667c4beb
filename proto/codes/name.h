// SPDX-License-Identifier: Apache-2.0
// Names of persons: one string, never split into surname and given name, since
// Uyghur, Tibetan or Mongolian names have no surname and compound surnames are
// split wrongly. The separator is U+00B7 (民委发〔2016〕33号). A character that
// has no code is written ▀ U+2580, as public security does, and is a wildcard
// in comparison, never an equality.
//
// Thread-safe. What comes from ICU (readings) is loaded once, at first use.

#ifndef WAYSTATION_PROTO_CODES_NAME_H_
#define WAYSTATION_PROTO_CODES_NAME_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codes/grade.h"

namespace waystation::codes {

// U+2580, UTF-8.
inline constexpr std::string_view kUnmapped = "\u2580";
// U+00B7, UTF-8.
inline constexpr std::string_view kNameSeparator = "\u00B7";

struct Name {
  std::string text;  // normalised; empty when the grade says that it has none
  Grade grade = Grade::kMissing;
  bool operator==(const Name&) const = default;
};

// Normalises a name as sources write it: width folded, NFC, spaces of every
// kind dropped between Chinese characters and single between Latin words, the
// dozen characters in use as separator made U+00B7, code points of the private
// use area that GB 18030 has since encoded made standard, every other sign for
// a character without code made ▀. Titles and honorifics stay.
//
// OK, UNMAPPED_CHARACTER, PLACEHOLDER (无名氏, 未取名, 不详, 张三之子: text
// kept), FORMAT (no letter at all), MISSING or UNREADABLE. Idempotent.
Name ReadName(std::string_view given);

// Whether a normalised name holds a character without code.
bool HasUnmapped(std::string_view name);

// Whether a normalised name is empty or a placeholder, and so names nobody.
bool IsNobody(std::string_view name);

// The name with traditional forms and variants folded to the standard
// characters (鍾 and 锺 to 钟, 昇 to 升) and separators dropped: equal keys,
// one name written in two ways. For comparison, never for display. Idempotent.
std::string FoldVariants(std::string_view name);

// The reading in lower-case ASCII without tones, one syllable per Chinese
// character, joined by single spaces; the first characters are read as surname
// where they can be (单 shan, 仇 qiu). Latin names fold to their letters. ▀
// stays.
std::string Pinyin(std::string_view name);

// How two normalised names relate.
enum class NameAgreement : std::uint8_t {
  kExact,      // the same text
  kVariant,    // the same after FoldVariants, or where ▀ stands for the rest
  kSameSound,  // the same reading, or a name and its own Latin form
  kOneEdit,    // one slip of hand, eye or ear; see CompareNames
  kContradicts,  // two names
  kMissing,      // at least one is empty, a placeholder, or nothing but ▀
};

// One word of a name in an alphabet.
struct NameWord {
  std::u32string letters;  // in lower case, without accents
  std::string sound;       // PhoneticKey; the letters where that is empty
  bool operator==(const NameWord&) const = default;
};

// A name made ready to be compared with many others: what takes long is done
// once.
class ComparableName {
 public:
  // Names nobody.
  ComparableName() = default;
  // As ReadName writes it.
  explicit ComparableName(std::string_view name);
  // As another one says of itself, so that no name is read twice.
  ComparableName(std::string text, std::u32string folded, std::string sound,
                 std::vector<NameWord> words, bool is_chinese);

  bool is_nobody() const { return folded_.empty(); }
  // Has a Chinese character, or one without code.
  bool is_chinese() const { return chinese_; }
  const std::string& text() const { return text_; }
  // Standard characters, without separators and spaces, letters as they are.
  const std::u32string& folded() const { return folded_; }
  // Reading without word boundaries; empty where there is none.
  const std::string& sound() const { return sound_; }
  // In their order; none for a Chinese name.
  const std::vector<NameWord>& words() const { return words_; }

  bool operator==(const ComparableName&) const = default;

 private:
  friend NameAgreement CompareNames(const ComparableName& a,
                                    const ComparableName& b);
  std::string text_;
  std::u32string folded_;
  std::string sound_;
  std::vector<NameWord> words_;
  bool chinese_ = false;
  bool wildcard_ = false;
};

// Compares two names as ReadName writes them. Symmetric. One edit is
//   - in names of three characters or more: one character exchanged for
//     another, two neighbours transposed, or one character missing that is
//     neither the first nor the last;
//   - between names of two characters: the first or the second exchanged for
//   one
//     that sounds alike (zh/z, n/l, an/ang and what dialects do not tell apart,
//     such as 王 and 黄) or looks alike (未 and 末). With half of the name at
//     stake nothing less will do.
NameAgreement CompareNames(const ComparableName& a, const ComparableName& b);
NameAgreement CompareNames(std::string_view a, std::string_view b);

// Whether two Chinese names of one length are the same but for one character
// behind the first, and those two neither sound nor look alike: a slip now and
// then, and how the names of twins and brothers differ. Symmetric.
bool DifferInGivenCharacter(const ComparableName& a, const ComparableName& b);

// How the words of two names in alphabets relate, whatever their order.
enum class WordAgreement : std::uint8_t {
  kReordered,  // the same words
  kSameSound,  // words that sound the same
  kOneEdit,    // the same but for one letter of one word
  kSimilar,    // words that are alike, or two of them and more on one side
  kPart,       // one word agrees, another does not
  kDiffers,
};

// Compares two names that CompareNames says contradict each other. Symmetric.
// Each word finds at most one of the other name: the same, else one that sounds
// the same, else one that is a letter away, else one that is alike
// (Jaro-Winkler 0.88 and more, or its initial). kDiffers where one is Chinese.
WordAgreement CompareWords(const ComparableName& a, const ComparableName& b);

// Whether the agreement is positive, as a strong edge asks for. Missing is not
// agreement.
constexpr bool Agrees(NameAgreement agreement) {
  return agreement <= NameAgreement::kOneEdit;
}

// Whether `finer` says all that `coarser` says: equal, or with a character
// where the other has ▀, or with the standard form where the other has a
// variant.
bool NameRefines(std::string_view finer, std::string_view coarser);

// "张**", "买买提·***", "Z***": the first character, or the first part of a
// name with separator, stays.
std::string MaskName(std::string_view name);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_NAME_H_
