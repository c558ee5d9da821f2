import { ApiProperty } from '@nestjs/swagger';
import { PageDto } from '../../management/api/page.dto.js';

/** A file that is uploaded. */
export class UploadDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty()
  filename!: string;

  @ApiProperty({ name: 'length-bytes', type: 'integer' })
  'length-bytes'!: number;

  @ApiProperty({ name: 'received-bytes', type: 'integer' })
  'received-bytes'!: number;

  @ApiProperty({ type: 'integer', nullable: true, description: 'id of the import that uses it' })
  import!: number | null;

  @ApiProperty({ name: 'created-at', format: 'date-time' })
  'created-at'!: string;

  @ApiProperty({
    name: 'expires-at',
    format: 'date-time',
    description: 'unless it is imported before, or more of it arrives',
  })
  'expires-at'!: string;
}

export class UploadPageDto extends PageDto {
  @ApiProperty({ type: [UploadDto] })
  items!: UploadDto[];
}
