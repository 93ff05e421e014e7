/** Parts of a Vietnamese name: the first word is the family's, the last the given name, what stands between the middle name. */
export type NamePart = 'family' | 'middle' | 'given'

/**
 * How two names compare. `same`: one spelling of one name. `near`: a person would ask, not deny: only marks differ, or the order, or a middle
 * name is missing. `different`: another name. A name alone never denies anything.
 */
export interface NameComparison {
  readonly verdict: 'same' | 'near' | 'different'
  /** What kind of difference; null for `same`. */
  readonly how: 'marks' | 'order' | 'missing-part' | 'letters' | null
  readonly parts: readonly NamePart[]
  /** Letters of another script, or invisible marks, stand in one of them: look-alikes. */
  readonly oddLetters: boolean
}

/** Grave, acute, hook above, tilde, dot below. Circumflex, breve and horn make other letters and stay where they are. */
const TONES = /[\u0300\u0301\u0309\u0303\u0323]/g
const INVISIBLE = /\p{Cf}|[\uFE00-\uFE0F]/gu
const OTHER_SCRIPT = /(?!\p{Script=Latin}|\p{Script=Inherited}|\p{Script=Common})\p{L}/u
/** Đ is U+0110; the Icelandic Ð (U+00D0) and the African Ɖ (U+0189) look the same and come from careless keyboards. */
const ETHS = /[ÐƉ]/g

/**
 * One spelling for what people write in several: composed or decomposed, hòa or hoà, Đ or Ð, small letters, runs of spaces. In upper case, the
 * tone of each word behind its letters.
 */
export function foldName(name: string): string {
  return wordsOf(name).map(toneLast).join(' ')
}

/** Latin letters without any mark, as the machine-readable zone has them: NGUYEN VAN A. */
export function plainName(name: string): string {
  return wordsOf(name)
    .map((word) => (isAscii(word) ? word : withoutMarks(word)))
    .join(' ')
}

export function compareNames(one: string, other: string): NameComparison {
  const oddLetters = [one, other].some(hasOddLetters)
  const [left, right] = [foldName(one), foldName(other)]
  const result = (verdict: NameComparison['verdict'], how: NameComparison['how'], parts: readonly NamePart[]) => ({
    verdict,
    how,
    parts,
    oddLetters,
  })
  if (left === right) return result('same', null, [])
  const [plainLeft, plainRight] = [plainName(one), plainName(other)]
  if (plainLeft === plainRight) return result('near', 'marks', differingParts(left, right))
  const [wordsLeft, wordsRight] = [plainLeft.split(' '), plainRight.split(' ')]
  if (sortedText(wordsLeft) === sortedText(wordsRight)) return result('near', 'order', differingParts(left, right))
  if (isWithoutMiddle(wordsLeft, wordsRight)) return result('near', 'missing-part', ['middle'])
  return result('different', 'letters', differingParts(left, right))
}

function hasOddLetters(name: string): boolean {
  return OTHER_SCRIPT.test(name) || name.replace(INVISIBLE, '') !== name
}

function wordsOf(name: string): string[] {
  return name
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .toUpperCase()
    .replace(ETHS, 'Đ')
    .split(/[\s\u00A0]+/u)
    .filter((word) => word !== '')
}

const withoutMarks = (word: string): string => word.normalize('NFD').replace(/\p{M}/gu, '').replace(/Đ/g, 'D')
const isAscii = (word: string): boolean => /^[\0-\x7f]*$/.test(word)

/** HOÀ and HÒA become one word: the tone moves behind the last letter. */
function toneLast(word: string): string {
  if (isAscii(word)) return word
  const apart = word.normalize('NFD')
  return apart.replace(TONES, '').normalize('NFC') + (apart.match(TONES) ?? []).join('')
}

const sortedText = (words: readonly string[]) => [...words].sort().join(' ')

/** The same first and last word, and the middle of the shorter in order within the longer. */
function isWithoutMiddle(one: readonly string[], other: readonly string[]): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  if (short.length < 2 || short.length === long.length) return false
  if (short[0] !== long[0] || short.at(-1) !== long.at(-1)) return false
  let at = 0
  for (const word of long) if (word === short[at]) at += 1
  return at === short.length
}

function differingParts(one: string, other: string): NamePart[] {
  const [left, right] = [partsOf(one), partsOf(other)]
  return (['family', 'middle', 'given'] as const).filter((part) => left[part] !== right[part])
}

function partsOf(name: string): Record<NamePart, string> {
  const words = name.split(' ')
  if (words.length === 1) return { family: '', middle: '', given: words[0] ?? '' }
  return { family: words[0] ?? '', middle: words.slice(1, -1).join(' '), given: words.at(-1) ?? '' }
}
