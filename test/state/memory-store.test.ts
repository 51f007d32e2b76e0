import { systemClock } from '../../src/clock.ts';
import { openMemoryStore } from '../../src/state/local/memory-store.ts';
import { budgetStoreConformance, keyStoreConformance } from './conformance.ts';

budgetStoreConformance('memory', ({ clock }) => openMemoryStore({ clock }));
keyStoreConformance('memory', () => openMemoryStore({ clock: systemClock }));
