import { createHash } from 'node:crypto'

/** A person who does not exist. Dates are ISO. */
export interface Citizen {
  /** Province 099 does not exist, so no number here can be anybody's. */
  readonly personalId: string
  readonly fullName: string
  readonly birthDate: string
  readonly sex: 'male' | 'female'
  readonly ethnicity: string | undefined
  readonly religion: string | undefined
  readonly homeTown: string | undefined
  readonly address: string
  readonly marks: string | undefined
  readonly issuedOn: string
  readonly expiresOn: string
  readonly father: string | undefined
  readonly mother: string | undefined
}

const FAMILIES = [
  'Nguyễn',
  'Trần',
  'Lê',
  'Phạm',
  'Hoàng',
  'Huỳnh',
  'Đặng',
  'Vũ',
  'Đỗ',
  'Bùi',
  'Ngô',
  'Dương',
  'Tôn Nữ',
  'Ksor',
  'Giàng',
]
const MIDDLES = ['Văn', 'Thị', 'Đức', 'Ngọc', 'Minh', 'Thanh', 'Xuân', 'Quốc', 'Thị Kim', 'Hữu', 'Thị Như', '']
const GIVENS = [
  'Hoà',
  'Hòa',
  'Thuý',
  'Thúy',
  'Đạt',
  'An',
  'Bình',
  'Phượng',
  'Huệ',
  'Tuấn',
  'Nghĩa',
  'Yến',
  'Quý',
  'Ỷ Lan',
  'Khuê',
]
const PLACES = [
  'Thôn Đồng Lạc, Xã Đồng Lạc, Huyện Thử Nghiệm, Tỉnh Không Có Thật',
  'Tổ dân phố số 7, Phường Ví Dụ, Thành phố Mẫu, Tỉnh Không Có Thật',
  'Ấp Thử Nghiệm Thứ Nhất, Xã Ví Dụ Đông Bắc, Huyện Đảo Tưởng Tượng, Thành phố Không Có Thật',
]
const LONG_TAIL =
  ', Ngõ 192/34/5 hẻm 7 đường Số Không Có Thật nối dài, khu dân cư tập thể nhà máy cơ khí thử nghiệm, khối phố Tưởng Tượng, cạnh nhà văn hoá cộng đồng thôn Ví Dụ'

/** Numbers 0 ≤ x < bound, always the same for a seed. */
export function makeDice(seed: string): (bound: number) => number {
  let block = createHash('sha256').update(seed).digest()
  let at = 0
  return (bound) => {
    if (at + 4 > block.length) {
      block = createHash('sha256').update(block).digest()
      at = 0
    }
    const value = block.readUInt32BE(at)
    at += 4
    return value % bound
  }
}

/**
 * Citizens number 0 to count − 1 of a seed; each depends on the seed and its own number alone. Among them: names composed and decomposed, both
 * placements of tone, addresses of more than 127 and of more than 255 bytes, missing fields.
 */
export function makeCitizens(seed: string, count: number): Citizen[] {
  return Array.from({ length: count }, (_, index) => makeCitizen(seed, index))
}

export function makeCitizen(seed: string, index: number): Citizen {
  const dice = makeDice(`${seed}/${index}`)
  const pick = <T>(all: readonly T[]): T => all[dice(all.length)]!
  const sometimes = <T>(value: T): T | undefined => (dice(4) === 0 ? undefined : value)
  const sex = dice(2) === 0 ? 'male' : 'female'
  const year = 1930 + dice(78)
  const name = [pick(FAMILIES), pick(MIDDLES), pick(GIVENS)].filter((part) => part !== '').join(' ')
  const spelt = dice(3) === 0 ? name.normalize('NFD') : name.normalize('NFC')
  const issuedYear = 2023 + dice(3)
  const place = pick(PLACES)
  return {
    personalId: personalIdOf(year, sex, index),
    fullName: dice(5) === 0 ? spelt : spelt.toUpperCase(),
    birthDate: `${year}-${twoDigits(1 + dice(12))}-${twoDigits(1 + dice(28))}`,
    sex,
    ethnicity: sometimes(pick(['Kinh', 'Tày', 'Ê Đê', "H'Mông", 'Khơ Me'])),
    religion: sometimes('Không'),
    homeTown: sometimes(pick(PLACES)),
    address: index % 3 === 0 ? place + LONG_TAIL : place,
    marks: sometimes('Nốt ruồi cách 1,5 cm dưới trước mắt phải'),
    issuedOn: `${issuedYear}-${twoDigits(1 + dice(12))}-${twoDigits(1 + dice(28))}`,
    expiresOn: `${issuedYear + 10 + dice(5)}-12-28`,
    father: sometimes(`${pick(FAMILIES)} Văn ${pick(GIVENS)}`),
    mother: sometimes(`${pick(FAMILIES)} Thị ${pick(GIVENS)}`),
  }
}

const twoDigits = (value: number) => String(value).padStart(2, '0')

/** Province, sex and century, year of birth, number: Circular 59/2021/TT-BCA, article 4. */
function personalIdOf(year: number, sex: 'male' | 'female', index: number): string {
  const century = (year >= 2000 ? 2 : 0) + (sex === 'female' ? 1 : 0)
  return `099${century}${String(year).slice(2)}${String(index).padStart(6, '0')}`
}
