import { testResumedAttacks } from './resumed-attacks';

testResumedAttacks(1000);
