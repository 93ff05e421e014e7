import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareNames, foldName, plainName } from '../../src/domain/names.ts'

describe('names are the same where only the spelling differs', () => {
  test.each([
    ['composed and decomposed', 'Nguyễn Thị Huệ', 'Nguyễn Thị Huệ'.normalize('NFD')],
    ['tone placement: hòa and hoà', 'Trần Văn Hòa', 'Trần Văn Hoà'],
    ['tone placement: thúy and thuý', 'Lê Thúy', 'Lê Thuý'],
    ['tone placement: decomposed against composed', 'Lê Hoà', 'Lê Hòa'.normalize('NFD')],
    ['tone before and behind the circumflex', 'Nguye\u0302\u0303n', 'Nguye\u0303\u0302n'.normalize('NFC')],
    ['capitals', 'ĐẶNG VĂN Ý', 'Đặng Văn Ý'],
    ['the Icelandic letter', 'Ðặng Văn Ý', 'Đặng Văn Ý'],
    ['the small Icelandic letter', 'ðặng văn ý', 'Đặng Văn Ý'],
    ['the African letter', 'Ɖặng Văn Ý', 'Đặng Văn Ý'],
    ['spaces', '  Đặng   Văn\u00a0Ý ', 'Đặng Văn Ý'],
    ['marks that cannot be seen', 'Đặng\u200b Văn Ý\ufeff', 'Đặng Văn Ý'],
  ])('%s', (_, one, other) => {
    expect(compareNames(one, other)).toMatchObject({ verdict: 'same', how: null, parts: [] })
  })
})

describe('names are near where a person would ask', () => {
  test.each([
    ['marks are missing', 'Nguyễn Thị Huệ', 'NGUYEN THI HUE', 'marks', ['family', 'middle', 'given']],
    ['one tone is another', 'Nguyễn Văn Tuấn', 'Nguyễn Văn Tuân', 'marks', ['given']],
    ['Đ is written D', 'Đỗ Văn An', 'Dỗ Văn An', 'marks', ['family']],
    ['the order is another', 'Nguyễn Văn An', 'An Nguyễn Văn', 'order', ['family', 'middle', 'given']],
    ['a middle name is missing', 'Nguyễn Thị Kim Huệ', 'Nguyễn Thị Huệ', 'missing-part', ['middle']],
  ] as const)('%s', (_, one, other, how, parts) => {
    expect(compareNames(one, other)).toMatchObject({ verdict: 'near', how, parts })
    expect(compareNames(other, one)).toMatchObject({ verdict: 'near', how, parts })
  })
})

describe('names are different, and it is said in which part', () => {
  test.each([
    ['the given name', 'Nguyễn Văn An', 'Nguyễn Văn Bình', ['given']],
    ['the family', 'Nguyễn Văn An', 'Trần Văn An', ['family']],
    ['the middle', 'Nguyễn Văn An', 'Nguyễn Hữu An', ['middle']],
    ['a family of two words', 'Tôn Nữ Lan', 'Ksor Lan', ['family', 'middle']],
    ['one word against another', 'An', 'Bình', ['given']],
  ])('%s', (_, one, other, parts) => {
    expect(compareNames(one, other)).toMatchObject({ verdict: 'different', how: 'letters', parts })
  })
})

test('letters of another script are told, for they look the same', () => {
  expect(compareNames('Nguyễn Văn Аn', 'Nguyễn Văn An')).toMatchObject({ verdict: 'different', oddLetters: true })
  expect(compareNames('Nguyễn Văn An', 'Nguyễn Văn An').oddLetters).toBe(false)
  expect(compareNames('An\u200b', 'An')).toMatchObject({ verdict: 'same', oddLetters: true })
})

test('Ă, Â, Ê, Ô, Ơ and Ư are letters, not tones', () => {
  expect(foldName('Ân')).not.toBe(foldName('Ăn'))
  expect(plainName('Đặng Thị Ước')).toBe('DANG THI UOC')
})

test('comparing is symmetric, a name is itself, and nothing throws', () => {
  const names = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.constantFrom('Hoà', 'hòa', 'Đỗ', 'Ðỗ', 'văn', 'Kim', ' ', '\u0301')).map((words) => words.join(' ')),
  )
  fc.assert(
    fc.property(names, names, (one, other) => {
      const [there, back] = [compareNames(one, other), compareNames(other, one)]
      expect(there).toEqual(back)
      expect(compareNames(one, one).verdict).toBe('same')
      expect(compareNames(one, one.normalize('NFD')).verdict).toBe('same')
      expect(foldName(foldName(one))).toBe(foldName(one))
    }),
  )
})
