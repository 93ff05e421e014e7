import type { LegacyCodeName } from '../legacy-codes.ts'
import type { CoverageStatus } from './coverage.ts'

/** The register does not say why a card ended, so 121 to 124 are known and never given. */
const ofStatus: Readonly<Record<CoverageStatus, LegacyCodeName>> = {
  active: '000',
  expired: '010',
  'not-started': '010',
  withdrawn: '110',
  held: '120',
  replaced: '004',
  deceased: '120',
  none: '050',
  unknown: '101',
}
export const codeOfStatus = (status: CoverageStatus): LegacyCodeName => ofStatus[status]

/** Groups and, of cards as they were printed, issuers (characters 4 and 5) that the two ministries look after. */
const ministries: readonly { readonly code: LegacyCodeName; readonly groups: readonly string[]; readonly issuer: string }[] = [
  { code: '001', groups: ['QN', 'CY'], issuer: '97' },
  { code: '002', groups: ['CA'], issuer: '98' },
]
export function ministryOf(cardNumber: string): LegacyCodeName | undefined {
  if (cardNumber.length !== 15) return undefined
  const [group, issuer] = [cardNumber.slice(0, 2), cardNumber.slice(3, 5)]
  return ministries.find((one) => one.groups.includes(group) || one.issuer === issuer)?.code
}

/** What is wrong with a number as such: ten digits, or group, sign, issuer and ten digits. @returns `undefined` for one that may exist */
export function codeOfForm(cardNumber: string): LegacyCodeName | undefined {
  if (/^\d{10}$/.test(cardNumber)) return undefined
  if (!/^[A-Z]{2}.{3}\d{10}$/.test(cardNumber)) return '051'
  if (!/^[1-5]$/.test(cardNumber.slice(2, 3))) return '053'
  return /^(?!00)\d\d$/.test(cardNumber.slice(3, 5)) ? undefined : '052'
}
