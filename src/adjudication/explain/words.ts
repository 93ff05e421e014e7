import type { Text } from '../../domain/explanation.ts'
import { decimalText } from '../../domain/explanation-text.ts'
import { formatMoney, formatRate, type Milli, type Money, type RateBp } from '../../domain/money.ts'

/** Texts of the explanation itself; what a rule found is worded in the rulebook. */

/** `884406.78` as people write it: `884.406,78` and `884,406.78`. */
export function moneyText(amount: Money): Text {
  return digits(formatMoney(amount))
}
/** Quantity or unit price without superfluous zeros. */
export function milliText(value: Milli): Text {
  return digits(plainMilli(value))
}
export const plainMilli = (value: Milli): string => String(value / 1000)
export const rateText = (rate: RateBp): Text => {
  const plain = formatRate(rate)
  return { vi: `${plain.replace('.', ',')} %`, en: `${plain} %` }
}

const digits = (plain: string): Text => ({ vi: decimalText(plain, 'vi'), en: decimalText(plain, 'en') })

/** Puts texts into a sentence of each language. */
export function say(vi: string, en: string, parts: Readonly<Record<string, Text | string>> = {}): Text {
  const fill = (sentence: string, language: 'vi' | 'en') =>
    sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const part = parts[name]
      return typeof part === 'string' ? part : (part?.[language] ?? '–')
    })
  return { vi: fill(vi, 'vi'), en: fill(en, 'en') }
}

export const joined = (texts: readonly Text[], mark: string): Text => ({
  vi: texts.map(({ vi }) => vi).join(mark),
  en: texts.map(({ en }) => en).join(mark),
})
