import { ApiProperty } from '@nestjs/swagger';

/** How the unit that answers is, as `status --json` says it. */
export class StatusDto {
  @ApiProperty({ name: 'store-id', type: 'string', nullable: true })
  'store-id'!: string | null;

  @ApiProperty({ name: 'store-url', type: 'string', nullable: true })
  'store-url'!: string | null;

  @ApiProperty({ type: 'string', nullable: true, enum: ['online', 'air-gapped', null] })
  mode!: string | null;

  @ApiProperty({ description: 'ok, or why the database cannot be used' })
  database!: string;

  @ApiProperty({ required: false, description: 'of the program' })
  version?: string;

  @ApiProperty({ name: 'free-bytes', type: 'integer', nullable: true, description: 'room for snap files' })
  'free-bytes'!: number | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'http, https, management if it has its own listener, and database: whether each runs',
  })
  services!: Record<string, object>;

  @ApiProperty({ type: 'integer', required: false })
  snaps?: number;

  @ApiProperty({ name: 'snap-revisions', type: 'integer', required: false })
  'snap-revisions'?: number;

  @ApiProperty({ name: 'stored-bytes', type: 'integer', required: false })
  'stored-bytes'?: number;
}
