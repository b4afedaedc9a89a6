import { describeSolver } from "../fixtures/solver-suite.ts";

describeSolver(25);
