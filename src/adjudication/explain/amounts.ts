import type { Amounts } from '../../domain/claim.ts'
import type { ClaimAmounts, LineAmountsText } from '../../domain/explanation.ts'
import { formatMoney, type Money, zero } from '../../domain/money.ts'

export const noAmounts: Amounts = {
  hospitalAmount: zero,
  insuredAmount: zero,
  fundPays: zero,
  copay: zero,
  selfPays: zero,
  otherSources: zero,
}

function combined(a: Amounts, b: Amounts, of: (x: Money, y: Money) => number): Amounts {
  return {
    hospitalAmount: of(a.hospitalAmount, b.hospitalAmount) as Money,
    insuredAmount: of(a.insuredAmount, b.insuredAmount) as Money,
    fundPays: of(a.fundPays, b.fundPays) as Money,
    copay: of(a.copay, b.copay) as Money,
    selfPays: of(a.selfPays, b.selfPays) as Money,
    otherSources: of(a.otherSources, b.otherSources) as Money,
  }
}
export const plus = (a: Amounts, b: Amounts): Amounts => combined(a, b, (x, y) => x + y)
export const minus = (a: Amounts, b: Amounts): Amounts => combined(a, b, (x, y) => x - y)
export const isNothing = (amounts: Amounts): boolean =>
  amounts.hospitalAmount === 0 &&
  amounts.insuredAmount === 0 &&
  amounts.fundPays === 0 &&
  amounts.copay === 0 &&
  amounts.selfPays === 0 &&
  amounts.otherSources === 0

export const lineText = (amounts: Amounts): LineAmountsText => ({
  THANH_TIEN_BV: formatMoney(amounts.hospitalAmount),
  THANH_TIEN_BH: formatMoney(amounts.insuredAmount),
  ...shares(amounts),
})
export const claimText = (amounts: Amounts): ClaimAmounts => ({
  T_TONGCHI_BV: formatMoney(amounts.hospitalAmount),
  T_TONGCHI_BH: formatMoney(amounts.insuredAmount),
  ...shares(amounts),
})
const shares = ({ fundPays, copay, selfPays, otherSources }: Amounts) => ({
  T_BHTT: formatMoney(fundPays),
  T_BNCCT: formatMoney(copay),
  T_BNTT: formatMoney(selfPays),
  T_NGUONKHAC: formatMoney(otherSources),
})
