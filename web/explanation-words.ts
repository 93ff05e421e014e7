import { html } from 'hono/html'
import type { Text } from '../src/domain/explanation.ts'
import { changeText, decimalText } from '../src/domain/explanation-text.ts'

export type Language = 'vi' | 'en'
export type Html = ReturnType<typeof html>

/** Speaks one language first and the other beside it; numbers in the way of the first. */
export function createSpeaker(language: Language) {
  const other: Language = language === 'vi' ? 'en' : 'vi'
  const both = (text: Text): Html =>
    text.vi === text.en
      ? html`${text[language]}`
      : html`${text[language]} <span class="second" lang="${other}">${text[other]}</span>`
  return {
    language,
    both,
    say: (vi: string, en: string): Html => both({ vi, en }),
    /** One language alone, for narrow places. */
    only: (vi: string, en: string): string => (language === 'vi' ? vi : en),
    money: (plain: string): string => decimalText(plain, language),
    /** With its sign; nothing where it is zero. */
    change: (plain: string): string => changeText(plain, language),
    day: (date: string): string => (language === 'vi' ? date.split('-').reverse().join('/') : date),
    instant: (instant: string): string => localTime(instant, language),
  }
}
export type Speaker = ReturnType<typeof createSpeaker>

const VIETNAM_MS = 7 * 3_600_000

/** An instant in the time of Vietnam, to the second. */
function localTime(instant: string, language: Language): string {
  const local = new Date(Date.parse(instant) + VIETNAM_MS).toISOString()
  const [date = '', time = ''] = local.split('T')
  return `${time.slice(0, 8)} ${language === 'vi' ? date.split('-').reverse().join('/') : date}`
}

export const outcomeTexts: Readonly<Record<string, Text>> = {
  accept: { vi: 'CHẤP NHẬN', en: 'ACCEPTED' },
  adjust: { vi: 'ĐIỀU CHỈNH', en: 'ADJUSTED' },
  pend: { vi: 'CHỜ XEM XÉT', en: 'WAITS FOR REVIEW' },
  deny: { vi: 'TỪ CHỐI', en: 'DENIED' },
  held: { vi: 'ĐANG GIỮ LẠI', en: 'HELD' },
}
export const severityTexts: Readonly<Record<string, Text>> = {
  info: { vi: 'thông tin', en: 'information' },
  warn: { vi: 'lưu ý', en: 'warning' },
  pend: { vi: 'chờ xem xét', en: 'waits' },
  reduce: { vi: 'giảm', en: 'reduced' },
  deny: { vi: 'từ chối', en: 'denied' },
}
export const bearerTexts: Readonly<Record<string, Text>> = {
  provider: { vi: 'cơ sở chịu', en: 'borne by the hospital' },
  patient: { vi: 'người bệnh chịu', en: 'borne by the patient' },
  fund: { vi: 'quỹ chịu', en: 'borne by the fund' },
}
export const byTexts: Readonly<Record<string, Text>> = {
  facility: { vi: 'cơ sở khám chữa bệnh', en: 'the hospital' },
  insurer: { vi: 'cơ quan bảo hiểm xã hội', en: 'the insurer' },
  gateway: { vi: 'đơn vị vận hành cổng', en: 'the operator of the gateway' },
}
