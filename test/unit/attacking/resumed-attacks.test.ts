import { testResumedAttacks } from './resumed-attacks';

testResumedAttacks(2);
