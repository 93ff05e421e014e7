import { createHash, randomBytes } from 'node:crypto'
import { plainName } from '../../domain/names.ts'
import { TAG, writeDer, writeOid } from '../asn1/der.ts'
import type { HashName } from '../asn1/signature.ts'
import { checkDigit } from '../chip/mrz.ts'
import { LDS_SECURITY_OBJECT } from '../chip/sod.ts'
import type { Citizen } from './citizens.ts'
import type { Identity } from './make-certificate.ts'
import { makeSignedData } from './make-cms.ts'
import { hashAlgorithm, type KeyPair } from './make-keys.ts'

/** DG1: the machine-readable zone, three lines of 30. */
export function makeDg1(citizen: Citizen, state = 'VNM'): Buffer {
  const number = citizen.personalId.slice(3)
  const short = (date: string) => date.replace(/-/g, '').slice(2)
  const withDigit = (text: string) => text + checkDigit(text)
  const first = `ID${state.padEnd(3, '<')}${withDigit(number)}${citizen.personalId}`.padEnd(30, '<')
  const sex = citizen.sex === 'male' ? 'M' : 'F'
  const second =
    `${withDigit(short(citizen.birthDate))}${sex}${withDigit(short(citizen.expiresOn))}${state.padEnd(3, '<')}`.padEnd(29, '<')
  const composite = checkDigit(first.slice(5) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18, 29))
  const [family = '', ...others] = plainName(citizen.fullName)
    .replace(/[^A-Z ]/g, ' ')
    .split(/ +/)
  const third = `${family}<<${others.join('<')}`.slice(0, 30).padEnd(30, '<')
  return writeDer(0x61, writeDer(0x5f1f, Buffer.from(first + second + composite + third)))
}

const vietnameseDate = (date: string) => date.split('-').reverse().join('/')

/** DG13 as Vietnam's cards have it: SEQUENCE { INTEGER tag, UTF8String } in a row; parents nested; fields may be missing. */
export function makeDg13(citizen: Citizen): Buffer {
  const utf8 = (text: string) => writeDer(TAG.utf8, Buffer.from(text))
  const field = (tag: number, ...values: Buffer[]) => writeDer(TAG.sequence, writeDer(TAG.integer, Buffer.from([tag])), ...values)
  const texts: readonly (readonly [number, string | undefined])[] = [
    [1, citizen.personalId],
    [2, citizen.fullName],
    [3, vietnameseDate(citizen.birthDate)],
    [4, citizen.sex === 'male' ? 'Nam' : 'Nữ'],
    [5, 'Việt Nam'],
    [6, citizen.ethnicity],
    [7, citizen.religion],
    [8, citizen.homeTown],
    [9, citizen.address],
    [10, citizen.marks],
    [11, vietnameseDate(citizen.issuedOn)],
    [12, vietnameseDate(citizen.expiresOn)],
  ]
  const fields = texts.flatMap(([tag, text]) => (text === undefined ? [] : [field(tag, utf8(text))]))
  const parents = [citizen.father, citizen.mother].map((name) => writeDer(TAG.sequence, utf8(name ?? '')))
  return writeDer(0x6d, ...fields, field(13, ...parents), field(14, utf8('')), field(16, utf8('không rõ')))
}

const PLAIN_ECDSA: Readonly<Record<HashName, string>> = {
  sha1: '0.4.0.127.0.7.1.1.4.1.1',
  sha224: '0.4.0.127.0.7.1.1.4.1.2',
  sha256: '0.4.0.127.0.7.1.1.4.1.3',
  sha384: '0.4.0.127.0.7.1.1.4.1.4',
  sha512: '0.4.0.127.0.7.1.1.4.1.5',
}

/** DG14: names the hash of the chip's answers. */
export function makeDg14(hash: HashName): Buffer {
  const info = writeDer(
    TAG.sequence,
    writeOid('2.23.136.1.1.5'),
    writeDer(TAG.integer, Buffer.from([1])),
    writeOid(PLAIN_ECDSA[hash]),
  )
  return writeDer(0x6e, writeDer(TAG.set, info))
}

/** DG15: the chip's public key. */
export const makeDg15 = (keys: KeyPair): Buffer => writeDer(0x6f, keys.spki)

export interface SodWish {
  readonly groups: ReadonlyMap<number, Buffer>
  readonly signer: Identity
  readonly hash?: HashName
  readonly signedAt?: string | undefined
}

/** LDSSecurityObject version 0, with a hash for each group and for the picture (2), which never leaves the chip. */
export function makeLdsSecurityObject(groups: ReadonlyMap<number, Buffer>, hash: HashName): Buffer {
  const all = new Map([...groups, [2, randomBytes(64)] as const])
  const entries = [...all]
    .sort(([one], [other]) => one - other)
    .map(([number, bytes]) =>
      writeDer(
        TAG.sequence,
        writeDer(TAG.integer, Buffer.from([number])),
        writeDer(TAG.octetString, createHash(hash).update(bytes).digest()),
      ),
    )
  return writeDer(TAG.sequence, writeDer(TAG.integer, Buffer.from([0])), hashAlgorithm(hash), writeDer(TAG.sequence, ...entries))
}

/** EF.SOD over these groups. */
export function makeSod({ groups, signer, hash = signer.keys.form.hash, signedAt }: SodWish): Buffer {
  const content = makeLdsSecurityObject(groups, hash)
  return writeDer(0x77, makeSignedData({ contentType: LDS_SECURITY_OBJECT, content, signer, signedAt }))
}
