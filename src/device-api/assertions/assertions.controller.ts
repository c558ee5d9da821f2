import { Controller } from '@nestjs/common';
import { AssertionRoutes } from './assertion-routes.js';
import { VisibleAssertionsService } from './visible-assertions.service.js';

/** Signed documents, at the path of snapd since 2.50. */
@Controller('v2/assertions')
export class AssertionsController extends AssertionRoutes {
  constructor(protected readonly assertions: VisibleAssertionsService) {
    super();
  }
}
