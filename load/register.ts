import template from './template.json' with { type: 'json' }

/** A synthetic person of the register: no value comes from anybody. */
export interface SyntheticMember {
  readonly personalId: string
  readonly socialInsuranceNumber: string
  readonly cardNumber: string
  readonly fullName: string
  /** yyyymmdd */
  readonly birthDay: string
  /** 1 male, 2 female, as the national field has it. */
  readonly sex: '1' | '2'
}

const pick = (list: readonly string[], index: number): string => list[index % list.length]!

/** Member `index` (from 0): always the same person, so that claims and register files of different runs agree. */
export function memberAt(index: number): SyntheticMember {
  const sex = index % 2 === 0 ? '1' : '2'
  const year = 1950 + (index % 50)
  const serial = String(index + 1)
  const { family, middle, given } = template.names
  const name = [
    pick(family, index),
    pick(middle[sex], Math.floor(index / 10)),
    pick(given, Math.floor(index / 40)),
    pick(given, Math.floor(index / 400)),
  ]
  return {
    personalId: `001${sex === '1' ? '0' : '1'}${String(year).slice(2)}${serial.padStart(6, '0').slice(-6)}`,
    socialInsuranceNumber: `9${serial.padStart(9, '0')}`,
    cardNumber: `DN4019${serial.padStart(9, '0')}`,
    fullName: name.join(' '),
    birthDay: `${year}${String(1 + (index % 12)).padStart(2, '0')}${String(1 + (index % 28)).padStart(2, '0')}`,
    sex,
  }
}

/** The largest register whose 12-digit personal ids stay unique. */
export const MEMBERS_MAX = 1_000_000

/** One line of `registry import members`: covered all year of `date` (yyyy-mm-dd) and registered at `facility`. */
export function memberLine(index: number, options: { facility: string; date: string }): string {
  const member = memberAt(index)
  const year = options.date.slice(0, 4)
  const { birthDay } = member
  return JSON.stringify({
    personalId: member.personalId,
    socialInsuranceNumber: member.socialInsuranceNumber,
    fullName: member.fullName,
    birthDate: `${birthDay.slice(0, 4)}-${birthDay.slice(4, 6)}-${birthDay.slice(6)}`,
    sex: member.sex === '1' ? 'male' : 'female',
    deceasedOn: null,
    version: 1,
    coverages: [
      {
        cardNumber: member.cardNumber,
        validFrom: `${year}-01-01`,
        validTo: `${year}-12-31`,
        registeredFacility: options.facility,
        fiveYearsFrom: null,
        area: null,
        status: 'active',
      },
    ],
    copayCounted: [],
  })
}

/** The line of `registry import facilities` for the facility that files. */
export function facilityLine(facility: string): string {
  return JSON.stringify({
    code: facility,
    name: 'Bệnh viện thử tải',
    province: facility.slice(0, 2),
    periods: [
      {
        validFrom: '2025-01-01',
        validTo: null,
        level: 'specialised',
        formerLevel: 'central',
        points: null,
        kind: 'hospital',
        contract: true,
      },
    ],
  })
}

/** Register lines in blocks of about 1,000, for a stream to a file. */
export function* memberBlocks(members: number, options: { facility: string; date: string }): Generator<string> {
  for (let from = 0; from < members; from += 1_000) {
    let block = ''
    for (let index = from; index < Math.min(members, from + 1_000); index++) block += `${memberLine(index, options)}\n`
    yield block
  }
}
