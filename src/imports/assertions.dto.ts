import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

/** An assertion that was given to the store. */
export class AcknowledgedDto {
  @ApiProperty()
  type!: string;

  @ApiProperty({ name: 'primary-key', type: [String] })
  'primary-key'!: readonly string[];

  @ApiProperty({ type: 'integer', description: 'of the assertion' })
  revision!: number;

  @ApiProperty({ description: 'false if the store already had it' })
  added!: boolean;
}

export class AcknowledgedListDto {
  @ApiProperty({ type: [AcknowledgedDto] })
  items!: AcknowledgedDto[];
}

/** An assertion that was removed, or would be. */
export class RemovedAssertionDto {
  @ApiProperty()
  type!: string;

  @ApiProperty({ name: 'primary-key', type: [String] })
  'primary-key'!: readonly string[];

  @ApiProperty({ type: [Number], description: 'its revisions in the store, the newest first' })
  revisions!: readonly number[];

  @ApiProperty({ name: 'dry-run' })
  'dry-run'!: boolean;
}

export class RemovalQueryDto {
  @ApiPropertyOptional({
    name: 'dry-run',
    enum: ['true', 'false'],
    default: 'false',
    description: 'check everything, but change nothing',
  })
  @IsOptional()
  @IsIn(['true', 'false'])
  'dry-run'?: 'true' | 'false';
}
