import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS } from '../../common/limits.js';

const MAX_CURSOR_LENGTH = 1_024;

/** Which part of a list is asked for. */
export class PageQueryDto {
  @ApiPropertyOptional({
    description: 'rows of the page',
    type: 'integer',
    minimum: 1,
    maximum: MAX_PAGE_ROWS,
    default: DEFAULT_PAGE_ROWS,
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_ROWS)
  limit?: number;

  @ApiPropertyOptional({ description: '`next` of the page before', maxLength: MAX_CURSOR_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CURSOR_LENGTH)
  after?: string;
}

/** What every page has besides its items. */
export class PageDto {
  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'what the next page comes after; null on the last page',
  })
  next!: string | null;
}
