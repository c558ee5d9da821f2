import { Controller } from '@nestjs/common';
import { DownloadRoutes } from './download-routes.js';
import { DownloadsService } from './downloads.service.js';

/** The downloads that answers link to. */
@Controller('api/v1/snaps/download')
export class DownloadsController extends DownloadRoutes {
  constructor(protected readonly downloads: DownloadsService) {
    super();
  }
}
