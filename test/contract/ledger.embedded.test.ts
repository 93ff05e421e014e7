import { ledgerContract } from './ledger.ts'

ledgerContract('embedded Postgres')
