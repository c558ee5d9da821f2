import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { PageDto } from '../management/api/page.dto.js';
import {
  MAX_GROUP_NAME_LENGTH,
  MAX_MEMBER_PART_LENGTH,
  MEMBER_KINDS,
  type MemberKind,
} from './device-group.js';

/** Members that one request adds, and that it removes. */
export const MAX_EDITED_MEMBERS = 500;

const MAX_MEMBER_LENGTH = 3 * MAX_MEMBER_PART_LENGTH + 2;

/** Devices of a group. */
export class GroupMemberDto {
  @ApiProperty({ enum: MEMBER_KINDS, description: 'one device, every device of a model or of a store' })
  @IsIn(MEMBER_KINDS)
  kind!: MemberKind;

  @ApiProperty({ description: 'BRAND/MODEL/SERIAL, BRAND/MODEL or a store id', maxLength: MAX_MEMBER_LENGTH })
  @IsString()
  @MaxLength(MAX_MEMBER_LENGTH)
  value!: string;
}

/** A group in a list. */
export class GroupSizeDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ name: 'member-count', type: 'integer' })
  'member-count'!: number;
}

/** A group of devices. */
export class GroupDto extends GroupSizeDto {
  @ApiProperty({ type: [GroupMemberDto] })
  members!: readonly GroupMemberDto[];
}

export class GroupPageDto extends PageDto {
  @ApiProperty({ type: [GroupSizeDto] })
  items!: GroupSizeDto[];
}

/** A new group. */
export class NewGroupDto {
  @ApiProperty({
    description: 'lower-case letters, digits and single dashes',
    maxLength: MAX_GROUP_NAME_LENGTH,
  })
  @IsString()
  @MaxLength(MAX_GROUP_NAME_LENGTH)
  name!: string;
}

/** A change of a group: all of it, or nothing. */
export class GroupChangeDto {
  @ApiPropertyOptional({ type: [GroupMemberDto], maxItems: MAX_EDITED_MEMBERS })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_EDITED_MEMBERS)
  @ValidateNested({ each: true })
  @Type(() => GroupMemberDto)
  add?: GroupMemberDto[];

  @ApiPropertyOptional({
    type: [GroupMemberDto],
    maxItems: MAX_EDITED_MEMBERS,
    description: 'as they were added; each must be in the group',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_EDITED_MEMBERS)
  @ValidateNested({ each: true })
  @Type(() => GroupMemberDto)
  remove?: GroupMemberDto[];
}
