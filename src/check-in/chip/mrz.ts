import { DerFault, expectTag, readDer } from '../asn1/der.ts'

/** What DG1 says: the machine-readable zone of an identity card, three lines of 30 (ICAO 9303-5, TD1). Dates are YYMMDD as they stand there. */
export interface Mrz {
  readonly issuingState: string
  readonly documentNumber: string
  /** Twelve digits from the optional data; empty where there are none. */
  readonly personalId: string
  readonly birthDate: string
  readonly sex: 'male' | 'female' | 'unknown'
  readonly expiresOn: string
  readonly nationality: string
  /** Family name and other names, Latin letters without marks; the zone may cut it off. */
  readonly name: string
  readonly isNameCut: boolean
  readonly hasRightCheckDigits: boolean
}

const DG1 = 0x61
const MRZ_DATA = 0x5f1f
const LENGTH = 90

/** Reads DG1. @throws DerFault when it is not an identity card's */
export function readMrz(dg1: Uint8Array): Mrz {
  const [zone] = expectTag(readDer(dg1, { loose: true }), DG1).children
  const text = Buffer.from(expectTag(zone, MRZ_DATA).content).toString('latin1')
  if (text.length !== LENGTH || !/^[A-Z0-9<]+$/.test(text)) throw new DerFault('value')
  const [first, second, third] = [text.slice(0, 30), text.slice(30, 60), text.slice(60)]
  const [family = '', ...others] = third.replace(/<+$/, '').split('<<')
  return {
    issuingState: first.slice(2, 5).replace(/</g, ''),
    documentNumber: first.slice(5, 14).replace(/</g, ''),
    personalId: /^(\d{12})(?!\d)/.exec(first.slice(15))?.[1] ?? '',
    birthDate: second.slice(0, 6),
    sex: second[7] === 'M' ? 'male' : second[7] === 'F' ? 'female' : 'unknown',
    expiresOn: second.slice(8, 14),
    nationality: second.slice(15, 18).replace(/</g, ''),
    name: [family, ...others].join(' ').replace(/<+/g, ' ').trim(),
    isNameCut: !third.endsWith('<'),
    hasRightCheckDigits:
      checkDigit(first.slice(5, 14)) === first[14] &&
      checkDigit(second.slice(0, 6)) === second[6] &&
      checkDigit(second.slice(8, 14)) === second[14] &&
      checkDigit(first.slice(5) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18, 29)) === second[29],
  }
}

const WEIGHTS = [7, 3, 1]

/** ICAO 9303-3, 4.9: weights 7, 3, 1; letters count from A = 10, the filler is 0. */
export function checkDigit(text: string): string {
  const sum = [...text].reduce((total, letter, index) => {
    const value = letter === '<' ? 0 : Number.parseInt(letter, 36)
    return total + value * WEIGHTS[index % 3]!
  }, 0)
  return String(sum % 10)
}
