import { expect, test } from 'vitest'
import { addDays, addWorkingDays, dayOfNextMonth, fullYears } from '../../src/domain/calendar.ts'

test('days go over months, years and leap days', () => {
  expect(addDays('2026-02-28', 1)).toBe('2026-03-01')
  expect(addDays('2024-02-28', 1)).toBe('2024-02-29')
  expect(addDays('2026-12-31', 15)).toBe('2027-01-15')
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31')
})
test('working days leave out Saturday and Sunday', () => {
  expect(addWorkingDays('2026-03-06', 1)).toBe('2026-03-09')
  expect(addWorkingDays('2026-03-10', 7)).toBe('2026-03-19')
})
test('a day of the next month, also over the turn of the year', () => {
  expect(dayOfNextMonth('2026-03-31', 5)).toBe('2026-04-05')
  expect(dayOfNextMonth('2026-12-01', 5)).toBe('2027-01-05')
})
test('full years are counted to the birthday, and late where month or day is unknown', () => {
  expect(fullYears('2008-03-10', '2026-03-10')).toBe(18)
  expect(fullYears('2008-03-11', '2026-03-10')).toBe(17)
  expect(fullYears('2008', '2026-12-30')).toBe(17)
  expect(fullYears('2008', '2026-12-31')).toBe(18)
  expect(fullYears('2008-03', '2026-03-30')).toBe(17)
  expect(fullYears('2008-03', '2026-03-31')).toBe(18)
})
