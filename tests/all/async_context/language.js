import { matrix } from './matrix.js';
import { ways } from './ways.js';

export default await matrix(ways);
