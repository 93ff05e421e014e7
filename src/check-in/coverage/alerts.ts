import type { CalendarDate } from '../../domain/claim.ts'
import type { Alert, CoverageQuestion, VisitsKnown } from './coverage.ts'

const alert = (code: string, vi: string, en: string): Alert => ({ code, message: { vi, en } })
/** As people write it: `10/03/2026`. */
const printed = (day: CalendarDate): string => day.slice(0, 10).split('-').reverse().join('/')

/** What the visits of the member say to the desk. Another facility is "elsewhere", with dates alone. */
export function visitAlerts({ visits, facilityCode, on }: Pick<CoverageQuestion, 'visits' | 'facilityCode' | 'on'>): Alert[] {
  if (visits === undefined)
    return [alert('visits_unknown', 'Chưa xem được các lượt khám trước.', 'Earlier visits could not be looked at.')]
  return [...stayAlerts(visits, facilityCode), ...sameDayAlerts(visits, facilityCode, on), ...supplyAlerts(visits)]
}

function stayAlerts({ open }: VisitsKnown, facilityCode: string): Alert[] {
  const since = (here: boolean) =>
    open
      .filter((stay) => (stay.facilityCode === facilityCode) === here)
      .map(({ arrivedAt }) => arrivedAt.slice(0, 10))
      .sort()[0]
  const [elsewhere, here] = [since(false), since(true)]
  const found: Alert[] = []
  if (elsewhere !== undefined)
    found.push(
      alert(
        'open_stay_elsewhere',
        `Đang có đợt điều trị chưa kết thúc ở nơi khác, từ ngày ${printed(elsewhere)}.`,
        `A stay elsewhere is not ended, since ${printed(elsewhere)}.`,
      ),
    )
  if (here !== undefined)
    found.push(
      alert(
        'open_stay_here',
        `Đang có đợt điều trị chưa kết thúc tại đây, từ ngày ${printed(here)}.`,
        `A stay here is not ended, since ${printed(here)}.`,
      ),
    )
  return found
}

function sameDayAlerts({ sameDay }: VisitsKnown, facilityCode: string, on: CalendarDate): Alert[] {
  if (sameDay.length === 0) return []
  const all = sameDay.length
  const elsewhere = sameDay.filter((visit) => visit.facilityCode !== facilityCode).length
  const [vi, en] = whereOf(all, elsewhere)
  const others = all === 1 ? 'is one other visit' : `are ${all} other visits`
  return [
    alert(
      'several_visits_that_day',
      `Ngày ${printed(on)} đã có ${all} lượt khác${vi}.`,
      `There ${others} on ${printed(on)}, ${en}.`,
    ),
  ]
}

function whereOf(all: number, elsewhere: number): readonly [vi: string, en: string] {
  const whole = all === 1 ? '' : 'all of them '
  if (elsewhere === 0) return [' tại đây', `${whole}here`]
  if (elsewhere === all) return [' ở nơi khác', `${whole}elsewhere`]
  return [`, trong đó ${elsewhere} ở nơi khác`, `${elsewhere} of them elsewhere`]
}

function supplyAlerts({ supplyUntil }: VisitsKnown): Alert[] {
  const last = [...supplyUntil].sort().at(-1)
  return last === undefined
    ? []
    : [
        alert(
          'drug_supply_left',
          `Thuốc đã cấp đủ dùng đến ngày ${printed(last)}.`,
          `Drugs already dispensed suffice until ${printed(last)}.`,
        ),
      ]
}

export const deathAlert = (on: CalendarDate): Alert =>
  alert(
    'death_on_record',
    `Sổ đăng ký ghi đã mất ngày ${printed(on)}; kiểm tra lại người và giấy tờ.`,
    `The register records a death on ${printed(on)}; look at the person and the papers.`,
  )
export const replacedAlert: Alert = alert(
  'card_replaced',
  'Thẻ đã xuất trình có thẻ mới thay thế.',
  'The card that was shown was replaced by a new one.',
)
export const otherCardAlert: Alert = alert(
  'card_not_on_record',
  'Số thẻ đã khai không phải của người này theo sổ đăng ký.',
  'The card number given is not one of this person in the register.',
)
export const endsSoonAlert = (validTo: CalendarDate): Alert =>
  alert('card_ends_soon', `Thẻ hết hạn ngày ${printed(validTo)}.`, `The card ends on ${printed(validTo)}.`)
export const registerDownAlert: Alert = alert(
  'register_unavailable',
  'Chưa hỏi được sổ đăng ký; tiếp nhận và xác nhận sau.',
  'The register could not be asked; admit and confirm later.',
)
export const registerOlderAlert = (asOf: CalendarDate): Alert =>
  alert('register_older', `Dữ liệu đăng ký đến ngày ${printed(asOf)}.`, `The register's data are as of ${printed(asOf)}.`)
